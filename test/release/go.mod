module github.com/workload-identity-quickstart/msal-go/test/release

go 1.26.0
