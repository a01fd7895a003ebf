package main

import (
	"errors"
	"fmt"

	"github.com/workload-identity-quickstart/msal-go/test/scripts/fakeaz/internal/cmdline"
)

// failure is an error with the exit status that az gives it.
type failure struct {
	status int
	text   string
	// Of Azure's answer.
	code, message string
}

func (f failure) Error() string { return f.text }

func exitStatus(err error) int {
	var usage cmdline.UsageError
	var failed failure
	switch {
	case errors.As(err, &usage):
		return 2
	case errors.As(err, &failed):
		return failed.status
	}
	return 1
}

// userError is what the Azure CLI itself refuses.
func userError(format string, args ...any) error {
	return failure{status: 1, text: fmt.Sprintf(format, args...)}
}

// azureError is a refusal by Azure; the CLI exits with 3 when it is a 404.
func azureError(httpStatus int, code, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	failed := failure{status: 1, code: code, message: message, text: fmt.Sprintf("(%s) %s\nCode: %s\nMessage: %s", code, message, code, message)}
	if httpStatus == 404 {
		failed.status = 3
	}
	return failed
}

// vaultError is a refusal by a vault, which has an inner code.
func vaultError(code, inner, format string, args ...any) error {
	failed := azureError(403, code, format, args...)
	return failure{status: 1, text: fmt.Sprintf("%s\nInner error: {\n    \"code\": %q\n}", failed, inner)}
}

// connectionError is what becomes of a request whose answer never came.
func connectionError() error {
	return userError("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))")
}

// unmodelled says that a test wants more than the stand-in can do.
func unmodelled(format string, args ...any) error {
	return failure{status: 70, text: "fakeaz: " + fmt.Sprintf(format, args...)}
}

// resourceNotFound is Azure Resource Manager's answer for what is not there.
func resourceNotFound(kind, name, group string) error {
	return azureError(404, "ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. "+
		"For more details please go to https://aka.ms/ARMResourceNotFoundFix", kind, name, group)
}

// isResourceNotFound is true when a resource, but not its group, is missing.
func isResourceNotFound(err error) bool {
	var failed failure
	return errors.As(err, &failed) && (failed.code == "ResourceNotFound" || failed.code == "NotFound")
}

// usage is a command line that the CLI refuses after parsing it.
func usage(format string, args ...any) error { return cmdline.UsageError(fmt.Sprintf(format, args...)) }
