package pki

import (
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
)

// The object identifiers of a PKCS #12 file with a certificate, RFC 7292, and the
// attribute that makes JVMs trust it.
var (
	oidData            = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidCertBag         = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidX509Certificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
	oidFriendlyName    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidTrustedKeyUsage = asn1.ObjectIdentifier{2, 16, 840, 1, 113894, 746875, 1, 1}
	oidAnyExtKeyUsage  = asn1.ObjectIdentifier{2, 5, 29, 37, 0}
)

// contentInfo and the types below are those of RFC 7292 sections 4 and 4.2.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content []byte `asn1:"tag:0,explicit"`
}

type certBag struct {
	Type asn1.ObjectIdentifier
	Data []byte `asn1:"tag:0,explicit"`
}

type safeBag struct {
	ID         asn1.ObjectIdentifier
	Value      certBag           `asn1:"tag:0,explicit"`
	Attributes []pkcs12Attribute `asn1:"set"`
}

type pkcs12Attribute struct {
	ID     asn1.ObjectIdentifier
	Values []any `asn1:"set"`
}

// TrustStore is a PKCS #12 file in which JVMs find the certificate of a PEM file
// as one to trust. It is neither encrypted nor authenticated, since it has no
// secret, and opens with any password.
func TrustStore(certPEM []byte) ([]byte, error) {
	block, _ := pem.Decode(certPEM)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("there is no PEM certificate")
	}
	bag, err := asn1.Marshal([]safeBag{{
		ID:    oidCertBag,
		Value: certBag{oidX509Certificate, block.Bytes},
		Attributes: []pkcs12Attribute{
			{oidFriendlyName, []any{bmpString("localazure")}},
			{oidTrustedKeyUsage, []any{oidAnyExtKeyUsage}},
		},
	}})
	if err != nil {
		return nil, fmt.Errorf("encode certificate: %w", err)
	}
	safe, err := asn1.Marshal([]contentInfo{{oidData, bag}})
	if err != nil {
		return nil, fmt.Errorf("encode certificate: %w", err)
	}
	return asn1.Marshal(struct {
		Version  int
		AuthSafe contentInfo
	}{3, contentInfo{oidData, safe}})
}

// bmpString is a string of ASN.1 in two bytes a character.
func bmpString(ascii string) asn1.RawValue {
	var b []byte
	for _, c := range []byte(ascii) {
		b = append(b, 0, c)
	}
	return asn1.RawValue{Tag: asn1.TagBMPString, Bytes: b}
}
