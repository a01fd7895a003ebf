// Package pictures draws what commands of the README write on a terminal, as SVG
// files in docs. Its test runs the commands and fails when a picture no longer
// shows what they write; "make pictures" draws them again.
package pictures
