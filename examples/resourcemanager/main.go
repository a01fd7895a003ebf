// Command resourcemanager lists the resource groups of a subscription with Azure
// Resource Manager.
//
// AZURE_SUBSCRIPTION_ID names the subscription. The identity sees the groups that
// some role lets it read, for example all of them:
//
//	az role assignment create --role Reader \
//	  --assignee-object-id "${USER_ASSIGNED_OBJECT_ID}" --assignee-principal-type ServicePrincipal \
//	  --scope "/subscriptions/${AZURE_SUBSCRIPTION_ID}"
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources/v4"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv("AZURE_SUBSCRIPTION_ID"))
	stop()
	if err != nil {
		log.Fatalf("resourcemanager: %v", err)
	}
}

func run(ctx context.Context, subscription string) error {
	if subscription == "" {
		return errors.New("set AZURE_SUBSCRIPTION_ID; az account show --query id prints it")
	}
	credential, err := tokencredential.New(nil)
	if err != nil {
		return err
	}
	client, err := armresources.NewResourceGroupsClient(subscription, credential, nil)
	if err != nil {
		return err
	}
	for pager := client.NewListPager(nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list resource groups (has the identity the role Reader?): %w", err)
		}
		for _, group := range page.Value {
			fmt.Printf("%s in %s\n", *group.Name, *group.Location)
		}
	}
	return nil
}
