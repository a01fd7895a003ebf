// Command postgres logs in to Azure Database for PostgreSQL with an access token
// for its password. The server needs Entra authentication and a role, which its
// Entra administrator makes in the database postgres:
// SELECT * FROM pgaadauth_create_principal('IDENTITY_NAME', false, false)
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/workload-identity-quickstart/msal-go/pkg/tokencredential"
)

func main() {
	if err := run(); err != nil {
		log.Fatalf("postgres: %v", err)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	credential, err := tokencredential.New(nil)
	if err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("DATABASE_URL (postgres://IDENTITY_NAME@HOST/DATABASE?sslmode=verify-full): %w", err)
	}
	if c := config.ConnConfig.TLSConfig; c == nil || c.InsecureSkipVerify {
		return errors.New("DATABASE_URL must end in sslmode=verify-full: whoever gets the token can use it")
	}
	config.BeforeConnect = func(ctx context.Context, c *pgx.ConnConfig) error {
		token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://ossrdbms-aad.database.windows.net/.default"}})
		c.Password = token.Token
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	var user string
	if err := pool.QueryRow(ctx, "SELECT current_user").Scan(&user); err != nil {
		return fmt.Errorf("log in (does the role exist?): %w", err)
	}
	fmt.Println("logged in as", user)
	return nil
}
