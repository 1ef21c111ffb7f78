// The rules for topic names and topic filters (section 4.7). Knows strings only.

import type { FieldReader } from "./field-reader.js";

/** A topic name has characters, and no wildcard. `wildcardRule`: the statement that its packet breaks. */
export function checkTopicName(reader: FieldReader, name: string, topic: string, wildcardRule: string): void {
	if (topic === "") reader.violate("MQTT-4.7.3-1", `the ${name} is empty`);
	const wildcard = topic.match(/[+#]/)?.[0];
	if (wildcard !== undefined)
		reader.violate(wildcardRule, `the ${name} has the wildcard ${wildcard}, which only filters may have`);
}

export function checkTopicFilter(reader: FieldReader, filter: string): void {
	if (filter === "") {
		reader.violate("MQTT-4.7.3-1", "the Topic Filter is empty");
		return;
	}
	const levels = filter.split("/");
	const last = levels.length - 1;
	if (levels.some((level, i) => level.includes("#") && (level !== "#" || i < last)))
		reader.violate("MQTT-4.7.1-2", "# is not alone in the last level of the Topic Filter");
	if (levels.some((level) => level.includes("+") && level !== "+"))
		reader.violate("MQTT-4.7.1-3", "+ is not alone in its level of the Topic Filter");
}
