// Package secrets reads what lies in files of its own: passwords, tokens, and the certificates of TLS. Whoever connects reads them anew
// each time, so that one that is replaced is taken without a restart.
//
// Errors begin with the name of the setting (ca_file, key_file, …), so that a caller has only to say whose it is. Nothing here prints a
// secret.
package secrets

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Text is what the file of a setting holds, without the line feed that an editor puts behind it; empty if no file is named.
func Text(setting, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names it
	if err != nil {
		return "", fmt.Errorf("%s: %w", setting, err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// TLS are the settings of a client's connection: caFile may have signed the server's certificate (empty: whom the system trusts), certFile
// and keyFile are our own, if the server wants one. TLS 1.2 is the oldest that is allowed.
func TLS(caFile, certFile, keyFile string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		pem, err := os.ReadFile(caFile) //nolint:gosec // the operator names it
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("ca_file: no PEM certificate in it")
		}
	}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("cert_file, key_file: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
