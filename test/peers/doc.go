// Package peers shows the local Azure to clients that nobody here wrote, since a
// stand-in that only its authors can talk to proves nothing.
package peers
