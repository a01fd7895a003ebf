package diagnose

import (
	"cmp"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/troubleshooting.md")

const troubleshooting = "../../docs/troubleshooting.md"

// TestTroubleshooting generates docs/troubleshooting.md from the hand-written part
// in testdata, the catalog and the corpus.
func TestTroubleshooting(t *testing.T) {
	template, err := os.ReadFile("testdata/troubleshooting.md")
	if err != nil {
		t.Fatal(err)
	}
	reports := map[string][]failure{}
	var unseen []failure
	for _, f := range corpus(t) {
		if !slices.Contains(explainable, f.get("Via")) {
			unseen = append(unseen, f)
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			facts, err := f.happen(t)
			id := Explain(err, facts).ID
			reports[id] = append(reports[id], f)
		})
	}
	want := strings.NewReplacer(
		"<!-- unseen -->\n", unseenSection(unseen),
		"<!-- explanations -->\n", explanationSections(reports),
	).Replace(string(template))
	if *update {
		if err := os.WriteFile(troubleshooting, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("docs/troubleshooting.md is not up to date: go test ./internal/diagnose -run TestTroubleshooting -update")
	}
}

func explanationSections(reports map[string][]failure) string {
	var page strings.Builder
	sections := []struct {
		link  Link
		title string
	}{
		{LinkConfiguration, "Configuration"}, {LinkWebhook, "Webhook"}, {LinkTokenFile, "Token file"}, {LinkIssuer, "Issuer"},
		{LinkFederation, "Federated credential"}, {LinkEntra, "Entra ID"}, {LinkVault, "Key Vault"}, {LinkNetwork, "Network"}, {LinkUnknown, "Anything else"},
	}
	all := samples()
	for _, section := range sections {
		fmt.Fprintf(&page, "## %s\n", section.title)
		for _, e := range catalog() {
			if e.link != section.link {
				continue
			}
			shown := all[slices.IndexFunc(all, func(s sample) bool { return s.id == e.id })].explain()
			fmt.Fprintf(&page, "\n### %s\n\n%s\n\n**Cause:** %s\n", e.id, escape(e.about), escape(shown.Cause))
			if strings.HasPrefix(shown.Fix, "wait:") {
				fmt.Fprintf(&page, "\n**Fix:** %s\n", escape(shown.Fix))
			} else {
				fmt.Fprintf(&page, "\n```bash\n%s\n```\n", shown.Fix)
			}
			if text := seenAs(reports[e.id]); text != "" {
				fmt.Fprintf(&page, "\nSeen as:\n\n```text\n%s\n```\n", text)
			}
			var sources []string
			for _, f := range reports[e.id] {
				sources = append(sources, f.head.Values("Source")...)
			}
			if len(sources) > 0 {
				fmt.Fprintf(&page, "\nReports: %s\n", linked(sources))
			}
			fmt.Fprintf(&page, "\nSources: %s\n", linked(e.sources))
		}
		page.WriteString("\n")
	}
	return strings.TrimRight(page.String(), "\n") + "\n"
}

var coded = regexp.MustCompile(`AADSTS\d+: |AKV\d+: |"code"`)

// seenAs is a text that people saw: the shortest with a code, or the shortest.
func seenAs(reports []failure) string {
	texts := []string{}
	for _, f := range reports {
		text := Printable(regexp.MustCompile(`(?s)\s*(\\r\\n)?Trace ID:.*`).ReplaceAllString(f.body, ""), 400)
		if len(text) > 20 && !strings.Contains(text, "```") {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return ""
	}
	if slices.ContainsFunc(texts, coded.MatchString) {
		texts = slices.DeleteFunc(texts, func(text string) bool { return !coded.MatchString(text) })
	}
	return slices.MinFunc(texts, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
}

// unseenSection lists what a program in a pod cannot see, by the link.
func unseenSection(unseen []failure) string {
	var page strings.Builder
	for _, group := range []struct{ link, title string }{
		{"none", "Cluster, permissions and pods"}, {"Configuration", "Configuration"}, {"Webhook", "The webhook and the controllers"},
		{"Token file", "Programs that keep the token"}, {"Issuer", "The issuer"}, {"Federation", "Federated credentials"},
		{"Entra ID", "Other programs' credentials"}, {"Key Vault", "The vault"}, {"Secret", "The secret"}, {"Network", "The network"},
	} {
		i := page.Len()
		for _, f := range unseen {
			if f.get("Link") == group.link {
				fmt.Fprintf(&page, "\n- **%s** %s *Fix:* %s (%s)", sentence(f.get("Title")), sentence(escape(f.get("Cause"))), sentence(escape(f.get("Fix"))), linked(f.head.Values("Source")))
			}
		}
		if entries := page.String()[i:]; entries != "" {
			kept := page.String()[:i]
			page.Reset()
			page.WriteString(kept + "### Also reported: " + strings.ToLower(group.title[:1]) + group.title[1:] + "\n" + entries + "\n\n")
		}
	}
	return strings.TrimRight(page.String(), "\n") + "\n"
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// escape keeps what Markdown and HTML would take for their own.
func escape(text string) string {
	return strings.NewReplacer("<", `\<`, "*", `\*`, "_", `\_`, "[", `\[`, "$", `\$`).Replace(text)
}

// linked are links to different addresses, a dozen at most.
func linked(addresses []string) string {
	var links []string
	for _, address := range addresses {
		link := fmt.Sprintf("[%s](%s)", linkText(address), address)
		if !slices.Contains(links, link) && len(links) < 12 {
			links = append(links, link)
		}
	}
	return strings.Join(links, ", ")
}

var issue = regexp.MustCompile(`^https://github\.com/([^/]+/[^/]+)/(?:issues|pull)/(\d+)`)

// linkText is a short name of an address.
func linkText(address string) string {
	if match := issue.FindStringSubmatch(address); match != nil {
		return match[1] + "#" + match[2]
	}
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	last := strings.TrimSuffix(u.Path[strings.LastIndex(strings.TrimSuffix(u.Path, "/"), "/")+1:], "/")
	last = strings.TrimSuffix(strings.TrimSuffix(last, ".html"), ".md")
	if u.Fragment != "" {
		last += "#" + u.Fragment
	}
	return cmp.Or(last, u.Host)
}

// What the program cannot see, the page has to tell rightly.
func TestUnseenFailuresAreOnThePage(t *testing.T) {
	content, err := os.ReadFile(troubleshooting)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "## Before the program runs")
	section, _, _ := strings.Cut(rest, "\n## ")
	blocks := regexp.MustCompile(`\n### |\n- \*\*`).Split(section, -1)
	for _, f := range corpus(t) {
		if slices.Contains(explainable, f.get("Via")) {
			continue
		}
		if !slices.Contains([]string{"doctor", "verify.sh", "deploy.sh", "chart", "documentation", "nobody"}, f.get("Covered-by")) {
			t.Errorf("%s is covered by %q", f.name, f.get("Covered-by"))
		}
		if !slices.ContainsFunc(blocks, func(block string) bool {
			return len(f.unmatched("Cause-names", block))+len(f.unmatched("Fix-contains", block)) == 0
		}) {
			t.Errorf("%s: no part of the page has its cause and fix", f.name)
		}
	}
}

func TestSamplesHaveTheirExplanations(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples() {
		got := s.explain()
		if got.ID != s.id {
			t.Errorf("%v is explained as %s, want %s", s.err, got.ID, s.id)
		}
		if got.More != page+"#"+got.ID {
			t.Errorf("%s: more is %s", s.id, got.More)
		}
		checkWhole(t, got)
		if placeholder().MatchString(got.Cause + got.Fix) {
			t.Errorf("%s: a placeholder is left: %+v", s.id, got)
		}
		seen[s.id] = true
	}
	for _, e := range catalog() {
		if !seen[e.id] {
			t.Errorf("no sample is explained as %s", e.id)
		}
	}
}

func TestCatalogIsWhole(t *testing.T) {
	used := map[string]bool{}
	keys := regexp.MustCompile(`(?m)^([A-Z][A-Za-z]+):`)
	for _, match := range keys.FindAllStringSubmatch(catalogText, -1) {
		if !slices.Contains([]string{"ID", "Link", "From", "Status", "AADSTS", "Code", "Kind", "Says", "When", "About", "Cause", "Fix", "Source"}, match[1]) {
			t.Errorf("no field is called %s", match[1])
		}
	}
	if got, want := len(catalog()), strings.Count(catalogText, "\nID: "); got != want {
		t.Errorf("%d entries were read, and the catalog has %d", got, want)
	}
	for i, e := range catalog() {
		if e.id == "" || e.link == "" || e.about == "" || e.cause == "" || e.fix == "" || len(e.sources) == 0 {
			t.Errorf("entry %d lacks a field: %+v", i, e.id)
		}
		if slices.IndexFunc(catalog(), func(other entry) bool { return other.id == e.id }) != i {
			t.Errorf("%s stands twice in the catalog", e.id)
		}
		for _, name := range e.when {
			if conditions[name] == nil {
				t.Errorf("%s: no condition %q", e.id, name)
			}
			used[name] = true
		}
		if !slices.Contains([]origin{"", fromText, fromConfig, fromFile, fromEntra, fromVault, fromNetwork}, e.from) {
			t.Errorf("%s: errors do not come from %q", e.id, e.from)
		}
		if slices.Contains(e.aadsts, 0) || slices.Contains(e.status, 0) {
			t.Errorf("%s: a status or code is not a number", e.id)
		}
		if strings.Contains(e.fix, "{=") {
			t.Errorf("%s: no such part: %s", e.id, e.fix)
		}
		for _, text := range e.says {
			if text != strings.ToLower(text) {
				t.Errorf("%s: %q is not in lower case, and never found", e.id, text)
			}
		}
		for _, source := range e.sources {
			if u, err := url.Parse(source); err != nil || u.Scheme != "https" || u.Host == "" {
				t.Errorf("%s: source %q is not a URL", e.id, source)
			}
		}
	}
	for name := range conditions {
		if !used[name] {
			t.Errorf("no entry has the condition %q", name)
		}
	}
}

// Two entries may match the same error; then the one that depends on more has to
// stand first. Each of these pairs would be wrong the other way round.
func TestOrderMatters(t *testing.T) {
	for _, pair := range [][2]string{
		{"webhook-not-applied", "client-id-missing"},
		{"service-account-default", "client-id-missing"},
		{"client-id-missing", "variables-missing"},
		{"token-file-old-path", "token-file-missing"},
		{"token-legacy", "issuer-mismatch"},
		{"identity-binding-missing", "issuer-mismatch"},
		{"token-audience", "audience-mismatch"},
		{"token-not-yet-valid", "token-expired"},
		{"issuer-private", "issuer-mismatch"},
		{"issuer-unreachable-aks", "issuer-unreachable"},
		{"subject-default", "subject-mismatch"},
		{"cloud-mismatch", "tenant-unknown"},
		{"federation-rejected", "entra-rejected"},
		{"vault-firewall-subnet", "vault-firewall"},
		{"vault-endpoint-unapproved", "vault-private"},
		{"vault-policy-application", "vault-policy-missing"},
		{"vault-address-form", "tls-wrong-name"},
		{"vault-name-unresolved", "host-unresolved"},
		{"setting-invalid", "option-invalid"},
	} {
		first, second := pair[0], pair[1]
		later := entryOf(second)
		if !slices.ContainsFunc(samples(), func(s sample) bool {
			facts := sampleFacts()
			if s.facts != nil {
				s.facts(&facts)
			}
			return s.id == first && later.matches(examine(s.err, facts))
		}) {
			t.Errorf("%s does not match the sample of %s: the order of the two does not matter", second, first)
		}
	}
}
