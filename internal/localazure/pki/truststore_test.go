package pki

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTrustStoreIsReadByTheJVM(t *testing.T) {
	keytool, err := exec.LookPath("keytool")
	if err != nil {
		t.Skip("there is no JVM here")
	}
	authority, err := New()
	if err != nil {
		t.Fatal(err)
	}
	store, err := TrustStore(authority.CertificatePEM())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.p12")
	if err := os.WriteFile(file, store, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"changeit", "another"} {
		out, err := exec.CommandContext(t.Context(), keytool, "-list", "-keystore", file, "-storetype", "PKCS12", "-storepass", password).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "trustedCertEntry") {
			t.Errorf("%v: %s", err, out)
		}
	}
}

func TestTrustStoreNeedsACertificate(t *testing.T) {
	for _, pem := range []string{"", "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"} {
		if _, err := TrustStore([]byte(pem)); err == nil {
			t.Errorf("%q: no error", pem)
		}
	}
}
