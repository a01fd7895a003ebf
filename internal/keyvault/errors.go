package keyvault

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

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
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	// A body that is not Key Vault's adds nothing but its own confusion.
	if payload, err := runtime.Payload(answer.RawResponse); err == nil && json.Unmarshal(payload, &body) == nil && body.Error.Code != "" {
		code := body.Error.Code
		if body.Error.Inner.Code != "" {
			code += "/" + body.Error.Inner.Code
		}
		text = fmt.Sprintf("%s, %s: %s", text, code, strings.Join(strings.Fields(body.Error.Message), " "))
	}
	return &answerError{answer, text}
}
