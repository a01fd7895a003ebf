package main

import (
	"maps"
	"strings"
)

// choice returns an option's value, or fallback.
func (c *call) choice(name, fallback string) string {
	if value := c.String(name); value != "" {
		return value
	}
	return fallback
}

// trueOrNull is how Azure shows what has never been switched on.
func trueOrNull(on bool) any {
	if on {
		return true
	}
	return nil
}

// textOrNull is how Azure shows a text that was not given.
func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func orEmpty(tags map[string]any) map[string]any {
	copied := map[string]any{}
	maps.Copy(copied, tags)
	return copied
}

// location returns --location as Azure spells it: "West US" is westus.
func (c *call) location() string {
	return strings.ToLower(strings.ReplaceAll(c.String("--location"), " ", ""))
}

// orNull keeps an empty map of tags out of a body.
func orNull(tags map[string]any) any {
	if len(tags) == 0 {
		return nil
	}
	return tags
}
