package tokencredential

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

func TestTokenCache(t *testing.T) {
	const lifetime = time.Hour
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		at := func(d time.Duration) { time.Sleep(d - time.Since(start)) }
		key := tokenKey{tenant: "t", scopes: "s"}
		token := azcore.AccessToken{Token: "old", ExpiresOn: start.Add(lifetime), RefreshOn: start.Add(lifetime / 2)}

		var c tokenCache
		expect := func(step string, wantFresh bool) {
			t.Helper()
			if _, ok := c.fresh(key); ok != wantFresh {
				t.Errorf("%s, %s after the start: fresh is %t", step, time.Since(start), ok)
			}
		}
		expect("empty", false)
		c.put(key, token)
		expect("just put", true)
		if _, ok := c.fresh(tokenKey{tenant: "t", scopes: "s", cae: true}); ok {
			t.Error("a token without CAE serves a request with CAE")
		}

		at(lifetime/2 - time.Second)
		expect("before RefreshOn", true)
		at(lifetime / 2)
		expect("at RefreshOn", false)

		if old, ok := c.postpone(key); !ok || old.Token != "old" {
			t.Errorf("the token is good for %s but cannot be used", lifetime/2)
		}
		expect("renewal failed just now", true)
		at(lifetime/2 + refreshPause)
		expect("pause is over", false)

		c.put(key, token) // what MSAL does when the renewal fails: the same token again
		expect("renewal brought the same token", true)
		at(lifetime/2 + 2*refreshPause)
		expect("pause is over again", false)

		at(lifetime - time.Second)
		if _, ok := c.postpone(key); !ok {
			t.Error("a token that is good for another second cannot be used")
		}
		expect("renewal failed just now, a second left", true)
		at(lifetime)
		expect("expired", false)
		if _, ok := c.postpone(key); ok {
			t.Error("an expired token may still be used")
		}

		c.put(key, azcore.AccessToken{Token: "new", ExpiresOn: time.Now().Add(lifetime)})
		at(2*lifetime - expiryMargin - time.Second)
		expect("no RefreshOn, five minutes and a second left", true)
		at(2*lifetime - expiryMargin)
		expect("no RefreshOn, five minutes left", false)
	})
}
