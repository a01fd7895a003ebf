package tokencredential

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Two JSON objects and a signature in the compact serialization of RFC 7515,
// section 3.1. Whether they are right is for Entra ID to say.
var serviceAccountToken = regexp.MustCompile(`^ey[\w-]+\.ey[\w-]+\.[\w-]+$`)

// readTokenFile returns the service account token in the file. All its errors
// are of type [*TokenFileError] and none quotes the content.
func readTokenFile(path string) (token string, err error) {
	defer func() {
		if pathErr, ok := errors.AsType[*os.PathError](err); ok {
			err = pathErr.Err // TokenFileError names the path
		}
		if err != nil {
			token, err = "", &TokenFileError{Path: path, Err: err}
		}
	}()
	info, err := os.Stat(path) // to open a named pipe would wait for its writer
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%w: it is not a regular file", ErrNotToken)
	}
	if info.Size() > 64<<10 { // a token has about 1 KiB
		return "", fmt.Errorf("%w: it is larger than 64 KiB", ErrNotToken)
	}
	content, err := os.ReadFile(path)
	if token = strings.TrimSpace(string(content)); err == nil && token == "" {
		err = ErrTokenFileEmpty
	} else if err == nil && !serviceAccountToken.MatchString(token) {
		err = fmt.Errorf("%w: its content is not a JWT", ErrNotToken)
	}
	return token, err
}
