package tokencredential

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
)

// maxTokenSize is far above any service account token (about 1 KiB) and far
// below what would hurt when the path points at something else.
const maxTokenSize = 64 << 10

// readTokenFile returns the service account token in the file. All its errors
// are of type [*TokenFileError] and none quotes the content.
func readTokenFile(path string) (string, error) {
	token, err := readToken(path)
	if err != nil {
		return "", &TokenFileError{Path: path, Err: err}
	}
	return token, nil
}

func readToken(path string) (string, error) {
	// Asked before opening: opening a named pipe would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return "", withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return "", ErrTokenFileNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return "", withoutPath(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxTokenSize+1))
	if err != nil {
		return "", withoutPath(err)
	}
	if len(content) > maxTokenSize {
		return "", ErrTokenFileTooLarge
	}
	content = bytes.TrimSpace(content)
	if len(content) == 0 {
		return "", ErrTokenFileEmpty
	}
	token := string(content)
	if !looksLikeJWT(token) {
		return "", ErrTokenNotJWT
	}
	return token, nil
}

// withoutPath drops the path that TokenFileError names already.
func withoutPath(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// looksLikeJWT reports whether s is a JSON object for a header, one for claims
// and a signature in the compact serialization of RFC 7515, section 3.1. Whether
// the signature is right is for Entra ID to say.
func looksLikeJWT(s string) bool {
	segments := strings.Split(s, ".")
	if len(segments) != 3 || segments[2] == "" {
		return false
	}
	for i, segment := range segments {
		decoded, err := base64.RawURLEncoding.DecodeString(segment)
		if err != nil {
			return false
		}
		var object map[string]json.RawMessage
		if i < 2 && (json.Unmarshal(decoded, &object) != nil || object == nil) {
			return false
		}
	}
	return true
}
