package pictures

import (
	"encoding/xml"
	"strings"
	"testing"
)

func TestDraw(t *testing.T) {
	drawn, err := draw(`a "title" & <more>`, "run <it> & 'go'", "one  \x1b[32mok\x1b[0m  <script>alert(\"x\")</script>\n\nlast\n")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Role  string `xml:"role,attr"`
		Title string `xml:"title"`
		Text  []struct {
			Y    string `xml:"y,attr"`
			Runs []struct {
				Class string `xml:"class,attr"`
				X     string `xml:"x,attr"`
				Text  string `xml:",chardata"`
			} `xml:"tspan"`
		} `xml:"text"`
	}
	if err := xml.Unmarshal([]byte(drawn), &got); err != nil {
		t.Fatalf("%v in\n%s", err, drawn)
	}
	if got.Role != "img" || got.Title != `a "title" & <more>` {
		t.Errorf("got role %q and title %q", got.Role, got.Title)
	}
	var runs []string
	for _, row := range got.Text {
		for _, run := range row.Runs {
			runs = append(runs, strings.Join([]string{row.Y, run.X, run.Class, run.Text}, ","))
		}
	}
	want := []string{
		"48.2,21,dim,$", "48.2,28.8,, ", "48.2,36.6,bold,run <it> & 'go'",
		"67.2,21,,one  ", "67.2,60,green,ok", `67.2,75.6,,  <script>alert("x")</script>`,
		"105.2,21,,last", // below an empty line
	}
	if strings.Join(runs, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(runs, "\n"), strings.Join(want, "\n"))
	}
}

// TestDrawStyles fails when a style that parse knows has no color.
func TestDrawStyles(t *testing.T) {
	for _, class := range classes {
		if !strings.Contains(head, "\n."+class+" {") {
			t.Errorf("the style sheet has no .%s", class)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	if _, err := draw("title", "command", "\x1b[5mblinking"); err == nil {
		t.Error("an attribute that the picture cannot show is no error")
	}
}
