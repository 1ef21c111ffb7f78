// The rules for topic names and topic filters (section 4.7, of MQTT 5.0 also 4.8). Knows strings only.

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
	const five = reader.version === 5;
	const levels = filter.split("/");
	if (five && levels[0] === "$share") checkShared(reader, levels);
	const last = levels.length - 1;
	if (levels.some((level, i) => level.includes("#") && (level !== "#" || i < last)))
		reader.violate(
			five ? "MQTT-4.7.1-1" : "MQTT-4.7.1-2",
			"# is not alone in the last level of the Topic Filter",
		);
	if (levels.some((level) => level.includes("+") && level !== "+"))
		reader.violate(five ? "MQTT-4.7.1-2" : "MQTT-4.7.1-3", "+ is not alone in its level of the Topic Filter");
}

/** "$share", a name, and what is subscribed to. */
function checkShared(reader: FieldReader, [, name, ...filter]: string[]): void {
	if (name === undefined || name === "")
		reader.violate("MQTT-4.8.2-1", "the Shared Subscription has no share name");
	else if (/[+#]/.test(name))
		reader.violate("MQTT-4.8.2-2", "the share name of the Shared Subscription has a wildcard");
	else if (filter.length === 0 || (filter.length === 1 && filter[0] === ""))
		reader.violate("MQTT-4.8.2-2", "the Shared Subscription has no Topic Filter behind its share name");
}
