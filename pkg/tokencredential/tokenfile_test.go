package tokencredential

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampleJWT is made of the right parts and signed by nobody.
const sampleJWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6ZGVmYXVsdDp3b3JrbG9hZCJ9.c2lnbmF0dXJl"

func segment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestReadTokenFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := filepath.Join(dir, "link") // as the kubelet projects it
	if err := os.Symlink(write("target", sampleJWT), link); err != nil {
		t.Fatal(err)
	}
	largest := segment(`{"alg":"none"}`) + "." + segment(`{"a":1}`) + "."
	largest += strings.Repeat("A", 64<<10-len(largest))

	tests := []struct {
		name, path string
		want       error
	}{
		{"token", write("token", sampleJWT), nil},
		{"token with newline", write("newline", sampleJWT+"\n"), nil},
		{"symbolic link", link, nil},
		{"64 KiB", write("largest", largest), nil},
		{"more than 64 KiB", write("larger", largest+"A"), ErrNotToken},
		{"absent", filepath.Join(dir, "absent"), fs.ErrNotExist},
		{"directory", dir, ErrNotToken},
		{"empty", write("empty", ""), ErrTokenFileEmpty},
		{"blank", write("blank", " \n"), ErrTokenFileEmpty},
		{"text", write("text", "hello"), ErrNotToken},
		{"two segments", write("two", segment("{}")+"."+segment("{}")), ErrNotToken},
		{"four segments", write("four", sampleJWT+".c2ln"), ErrNotToken},
		{"no signature", write("unsigned", segment("{}")+"."+segment("{}")+"."), ErrNotToken},
		{"header is not JSON", write("header", segment("x")+"."+segment("{}")+".c2ln"), ErrNotToken},
		{"claims are an array", write("claims", segment("{}")+"."+segment("[]")+".c2ln"), ErrNotToken},
		{"claims are null", write("null", segment("{}")+"."+segment("null")+".c2ln"), ErrNotToken},
		{"padded base64", write("padded", segment("{}")+"."+segment("{}")+".c2lnbg=="), ErrNotToken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			token, err := readTokenFile(test.path)
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				if content, _ := os.ReadFile(test.path); token != strings.TrimSpace(string(content)) {
					t.Error("the token is not what the file holds")
				}
				return
			}
			var fileErr *TokenFileError
			if !errors.As(err, &fileErr) || fileErr.Path != test.path || !errors.Is(err, test.want) {
				t.Errorf("got %v, want a TokenFileError of %s because of %q", err, test.path, test.want)
			}
			if strings.Count(err.Error(), test.path) != 1 {
				t.Errorf("error does not name the file once: %v", err)
			}
			if token != "" {
				t.Error("a token was returned along with the error")
			}
		})
	}
}

func FuzzServiceAccountToken(f *testing.F) {
	f.Add(sampleJWT)
	f.Add("..")
	f.Add("ey.ey.AA")
	f.Fuzz(func(t *testing.T, s string) {
		if serviceAccountToken.MatchString(s) && (strings.Count(s, ".") != 2 || strings.ContainsAny(s, " \t\r\n\"&=")) {
			t.Errorf("%q passes for a JWT", s)
		}
	})
}
