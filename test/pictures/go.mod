module github.com/workload-identity-quickstart/msal-go/test/pictures

go 1.26.0

require github.com/creack/pty v1.1.24
