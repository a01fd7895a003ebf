// Command fakeaz is a stand-in for the Azure CLI, az, for the tests of shell
// scripts. It keeps its Azure in the folder FAKE_AZ_DIR: what is created is
// there afterwards, what is missing is refused, and a command line that the real
// parser refuses is refused with its words. Options that the real parser knows
// but that would change nothing here are refused too, with exit status 70.
//
// The folder has state.json, and calls.log with each call as one line that a
// shell reads back. Standard input is never logged. Tests set it up with verbs
// that are neither logged nor counted:
//
//	az fake init              a fresh subscription, whose owner is logged in
//	az fake set PATH JSON     change state.json, for example account.loggedIn false
//	az fake get JMESPATH      read it
//	az fake reset-calls       count calls from 1 again
//
// Faults, in the environment: call FAKE_AZ_FAIL_AT fails before it does
// anything, call FAKE_AZ_DROP_AT fails after it has done everything, and every
// command that begins with FAKE_AZ_FAIL_ON fails before.
package main
