// Command blob lists the blobs of a container in Azure Blob Storage.
//
// STORAGE_URL is the account's and STORAGE_CONTAINER the container's name. The
// identity needs a role for data; Reader, or even Owner, does not include it:
//
//	az role assignment create --role "Storage Blob Data Reader" \
//	  --assignee-object-id "${USER_ASSIGNED_OBJECT_ID}" --assignee-principal-type ServicePrincipal \
//	  --scope "$(az storage account show --name "${STORAGE_ACCOUNT}" --query id --output tsv)"
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv("STORAGE_URL"), os.Getenv("STORAGE_CONTAINER"))
	stop()
	if err != nil {
		log.Fatalf("blob: %v", err)
	}
}

func run(ctx context.Context, url, container string) error {
	if url == "" || container == "" {
		return errors.New("set STORAGE_URL, such as https://myaccount.blob.core.windows.net/, and STORAGE_CONTAINER")
	}
	credential, err := tokencredential.New(nil)
	if err != nil {
		return err
	}
	client, err := azblob.NewClient(url, credential, nil)
	if err != nil {
		return fmt.Errorf("STORAGE_URL %q: %w", url, err)
	}
	for pager := client.NewListBlobsFlatPager(container, nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if bloberror.HasCode(err, bloberror.AuthorizationPermissionMismatch) {
			return fmt.Errorf("assign the identity the role Storage Blob Data Reader, and wait ten minutes: %w", err)
		} else if err != nil {
			return fmt.Errorf("list container %s: %w", container, err)
		}
		for _, blob := range page.Segment.BlobItems {
			fmt.Printf("%s (%d bytes)\n", *blob.Name, *blob.Properties.ContentLength)
		}
	}
	return nil
}
