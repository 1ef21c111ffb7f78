// Takes secrets out of lines. Knows strings only.

/** Shorter ones would tell more by what is struck out than they hide. */
const SHORTEST = 3;

/** Lines in which each secret, also as JSON and make write it, reads "(hidden)". */
export function redactor(secrets: readonly string[]): (line: string) => string {
	const forms = secrets
		.filter((secret) => secret.length >= SHORTEST)
		.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), secret.replaceAll("$", "$$$$")]);
	// The longest first: one may be part of another.
	forms.sort((a, b) => b.length - a.length);
	return (line) => forms.reduce((text, form) => text.replaceAll(form, "(hidden)"), line);
}
