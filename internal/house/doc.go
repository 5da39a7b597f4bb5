// Package house holds the rules that every other package keeps, as tests.
//
//	table_test.go    which package may import which, and why no more; who alone knows viper, paho, NATS …
//	purity_test.go   what the pure core must not touch: clock, goroutines, files, network, logs
//	docs_test.go     every package says what it is for
//
// They are tests and not linter settings, so that they hold on a machine with Go alone. A failure says which rule, and the
// reason for it; a package that is new is added to the table together with its reason. There is no other code here.
package house
