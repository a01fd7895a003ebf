package keyvault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// ErrorBody is the content of an error response of Key Vault, see
// https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#error-responses.
type ErrorBody struct {
	Code, InnerCode, Message string
}

// ReadErrorBody reads the body of an error response. The result is zero if that is
// not one of Key Vault's. The body can be read again.
func ReadErrorBody(err *azcore.ResponseError) ErrorBody {
	if err.RawResponse == nil {
		return ErrorBody{}
	}
	return readErrorBody(err.RawResponse)
}

func readErrorBody(resp *http.Response) ErrorBody {
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	payload, err := runtime.Payload(resp)
	if err != nil || json.Unmarshal(payload, &body) != nil || body.Error.Code == "" {
		return ErrorBody{}
	}
	return ErrorBody{body.Error.Code, body.Error.Inner.Code, body.Error.Message}
}

// shortError is an error response of Key Vault whose text fits into a line of a log,
// which that of *azcore.ResponseError does not.
type shortError struct {
	response *azcore.ResponseError
	text     string
}

func (e *shortError) Error() string { return e.text }

func (e *shortError) Unwrap() error { return e.response }

// inOneLine shortens err if it is a response of the service.
func inOneLine(err error) error {
	response, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || response.RawResponse == nil {
		return err
	}
	text := "HTTP " + response.RawResponse.Status
	if body := ReadErrorBody(response); body.Code != "" {
		code := body.Code
		if body.InnerCode != "" {
			code += "/" + body.InnerCode
		}
		text = fmt.Sprintf("%s, %s: %s", text, code, strings.Join(strings.Fields(body.Message), " "))
	}
	return &shortError{response, text}
}
