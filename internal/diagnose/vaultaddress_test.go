package diagnose

import "reflect"

func setVaultAddress(facts *Facts, address string) {
	if field := reflect.ValueOf(facts).Elem().FieldByName("VaultAddress"); field.IsValid() {
		field.SetString(address)
	}
}
