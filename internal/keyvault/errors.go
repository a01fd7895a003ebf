package keyvault

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// ErrorBody is what an error answer of Key Vault says, see
// https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses#error-responses.
type ErrorBody struct {
	Code, InnerCode, Message string
}

// ReadErrorBody reads the body of an error answer. The result is zero if that is
// not one of Key Vault's. The body can be read again.
func ReadErrorBody(answer *azcore.ResponseError) ErrorBody {
	if answer.RawResponse == nil {
		return ErrorBody{}
	}
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	payload, err := runtime.Payload(answer.RawResponse)
	if err != nil || json.Unmarshal(payload, &body) != nil || body.Error.Code == "" {
		return ErrorBody{}
	}
	return ErrorBody{body.Error.Code, body.Error.Inner.Code, body.Error.Message}
}

// answerError is an error answer of Key Vault whose text fits into a line of a
// log, which that of *azcore.ResponseError does not.
type answerError struct {
	answer *azcore.ResponseError
	text   string
}

func (e *answerError) Error() string { return e.text }

func (e *answerError) Unwrap() error { return e.answer }

// inOneLine shortens err if it is an answer of the service.
func inOneLine(err error) error {
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok || answer.RawResponse == nil {
		return err
	}
	text := "HTTP " + answer.RawResponse.Status
	if body := ReadErrorBody(answer); body.Code != "" {
		code := body.Code
		if body.InnerCode != "" {
			code += "/" + body.InnerCode
		}
		text = fmt.Sprintf("%s, %s: %s", text, code, strings.Join(strings.Fields(body.Message), " "))
	}
	return &answerError{answer, text}
}
