// Properties read where they lie.

import { encodeField } from "../../../src/wire/topic.js";
import { Property } from "../../../src/wire/v5/property.js";
import { ReceivedProperties } from "../../../src/wire/v5/received.js";
import { concat } from "../../support/packets.js";
import { byte, data, four, number, two, user } from "../../support/packets5.js";

function received(parts: (Uint8Array | number[])[]): ReceivedProperties {
	const all = concat(parts);
	const buffer = new Uint8Array(all.length + 8).fill(0x26);
	buffer.set(all);
	const properties = new ReceivedProperties(buffer);
	properties.begin(buffer);
	properties.keep(all.length);
	return properties;
}

const all = received([
	user("first", "1"),
	byte(Property.PAYLOAD_FORMAT, 1),
	four(Property.MESSAGE_EXPIRY, 0xfffffffe),
	data(Property.CONTENT_TYPE, "text/é"),
	user("", ""),
	data(Property.CORRELATION_DATA, [0, 38, 255]),
	number(Property.SUBSCRIPTION_IDENTIFIER, 5),
	number(Property.SUBSCRIPTION_IDENTIFIER, 268_435_455),
	two(Property.TOPIC_ALIAS, 0xfff0),
	user("first", "ü"),
]);

test("numbers", () => {
	expect(all.number(Property.PAYLOAD_FORMAT)).toBe(1);
	expect(all.number(Property.MESSAGE_EXPIRY)).toBe(0xfffffffe);
	expect(all.number(Property.TOPIC_ALIAS)).toBe(0xfff0);
	expect(all.number(Property.SUBSCRIPTION_IDENTIFIER)).toBe(5);
	expect(all.number(Property.SESSION_EXPIRY)).toBe(-1);
	// What is no number.
	expect(all.number(Property.CONTENT_TYPE)).toBe(-1);
	expect(all.number(Property.USER_PROPERTY)).toBe(-1);
	expect(all.number(0x7f)).toBe(-1);
});

test("text and bytes", () => {
	expect(all.text(Property.CONTENT_TYPE)).toBe("text/é");
	expect(all.bytes(Property.CORRELATION_DATA)).toEqual(Uint8Array.of(0, 38, 255));
	expect(all.bytes(Property.CONTENT_TYPE)).toEqual(new Uint8Array(Buffer.from("text/é")));
	expect(all.text(Property.RESPONSE_TOPIC)).toBeUndefined();
	expect(all.bytes(Property.AUTHENTICATION_DATA)).toBeUndefined();
	// What is of another kind.
	expect(all.text(Property.CORRELATION_DATA)).toBeUndefined();
	expect(all.text(Property.USER_PROPERTY)).toBeUndefined();
	expect(all.bytes(Property.PAYLOAD_FORMAT)).toBeUndefined();
	expect(received([data(3, "\ufefftext")]).text(Property.CONTENT_TYPE)).toBe("\ufefftext");
	expect(received([data(3, "")]).text(Property.CONTENT_TYPE)).toBe("");
	expect(received([data(9, "")]).bytes(Property.CORRELATION_DATA)).toEqual(new Uint8Array());
});

test("where a value is", () => {
	const at = all.locate(Property.CORRELATION_DATA);
	expect(all.buffer.slice(at, at + all.foundLength)).toEqual(Uint8Array.of(0, 38, 255));
	expect(all.locate(Property.SERVER_REFERENCE)).toBe(-1);
});

test("one that comes more than once", () => {
	const identifiers: number[] = [];
	let at = all.locate(Property.SUBSCRIPTION_IDENTIFIER);
	while (at >= 0) {
		identifiers.push(all.numberAt(Property.SUBSCRIPTION_IDENTIFIER, at));
		at = all.locate(Property.SUBSCRIPTION_IDENTIFIER, at + all.foundLength);
	}
	expect(identifiers).toEqual([5, 268_435_455]);
});

test("user properties, in order, as often as one likes", () => {
	for (let turn = 0; turn < 2; turn++) {
		const pairs: string[] = [];
		while (all.next()) pairs.push(`${all.name}=${all.value}`);
		expect(pairs).toEqual(["first=1", "=", "first=ü"]);
	}
	expect(all.next()).toBe(true);
	all.rewind();
	expect(all.next() && all.value).toBe("1");
	all.rewind();
	expect(received([byte(1, 0)]).next()).toBe(false);
	expect(received([]).next()).toBe(false);
});

test("a name is compared without a string", () => {
	const first = encodeField("name", "first");
	const names: boolean[] = [];
	while (all.next()) names.push(all.nameIs(first));
	expect(names).toEqual([true, false, true]);
	expect(all.next() && all.nameIs(encodeField("name", "firsu"))).toBe(false);
	expect(all.nameIs(encodeField("name", "firs"))).toBe(false);
	expect(all.nameIs(encodeField("name", ""))).toBe(false);
});
