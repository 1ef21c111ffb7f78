import { Problem, WRONG_USAGE } from "../../tools/problem.js";
import { checkOptions, type RawOptions } from "../../tools/sim/options.js";

const RAW: RawOptions = { name: "sensor-node", board: "esp8266", stack: "lwip" };

function refused(raw: Partial<RawOptions>): string {
	try {
		checkOptions({ ...RAW, ...raw });
	} catch (error) {
		expect(error).toBeInstanceOf(Problem);
		expect((error as Problem).exitStatus).toBe(WRONG_USAGE);
		const { message } = error as Problem;
		expect(message).not.toContain("\n");
		expect(message).not.toContain("\x1b");
		return message;
	}
	throw new Error(`accepted: ${JSON.stringify(raw)}`);
}

test("numbers are whole and within bounds", () => {
	expect(checkOptions({ ...RAW, messages: "20", timeout: "3", interval: "10", port: "1884" })).toMatchObject({
		messages: 20,
		timeout: 3000,
		interval: 10,
		port: 1884,
	});
	for (const text of ["0", "-1", "1.5", "1e3", "", " ", "x", "0x10", "99999999999999", "NaN"])
		expect(refused({ messages: text })).toContain("--messages");
	expect(refused({ interval: "9" })).toContain("--interval");
	expect(refused({ interval: "3600001" })).toContain("--interval");
	expect(refused({ port: "65536" })).toContain("--port");
	expect(refused({ timeout: "\x1b[2J".repeat(100) })).toContain("…");
});

test("board and stack are known ones, the name makes a topic", () => {
	expect(refused({ board: "pico" })).toContain("esp8266, esp32, none");
	expect(refused({ stack: "tcp" })).toContain("lwip, lin");
	for (const name of ["", "a#", "+/a", "/a", "a/", "a//b", "a b", "a\0", "x".repeat(65)])
		expect(refused({ name })).toContain("--name");
	expect(checkOptions({ ...RAW, name: "home/kitchen_1.a-b" }).name).toBe("home/kitchen_1.a-b");
});

test("the broker's address", () => {
	const broker = (text: string) => checkOptions({ ...RAW, broker: text }).broker;
	expect(broker("mqtt://localhost")).toEqual({ host: "localhost", port: 1883 });
	expect(broker("mqtt://10.0.0.1:1884/")).toEqual({ host: "10.0.0.1", port: 1884 });
	expect(broker("mqtt://ann:p%40ss%3A@host:1")).toEqual({
		host: "host",
		port: 1,
		username: "ann",
		password: "p@ss:",
	});
	const environment = { XS_MQTT_BROKER_PASSWORD: "hidden" };
	expect(checkOptions({ ...RAW, broker: "mqtt://ann@host" }, environment).broker).toMatchObject({
		password: "hidden",
	});
	expect(checkOptions({ ...RAW, broker: "mqtt://ann:x@host" }, environment).broker).toMatchObject({
		password: "x",
	});
	expect(checkOptions({ ...RAW, broker: "mqtt://host" }, environment).broker).toEqual({
		host: "host",
		port: 1883,
	});
	expect(refused({ broker: "mqtts://host" })).toContain("TLS");
	expect(refused({ broker: "mqtt://host", port: "1883" })).toContain("--port");
	for (const text of [
		"",
		"host",
		"host:1883",
		"http://host",
		"mqtt://",
		"mqtt://[::1]",
		"mqtt://h:0",
		"mqtt://h:70000",
	])
		expect(refused({ broker: text })).toContain("mqtt://host:port");
	expect(refused({ broker: "mqtt://host/topic" })).toContain("goes on");
});

test("no refusal repeats a password", () => {
	for (const text of [
		"mqtts://u:secret@host",
		"mqtt://u:secret@host:99999",
		"mqtt://u:secret%zz@host",
		"mqtt://:secret@host",
		"mqtt://u:secret@host/path",
		"mqtt://u:secret@",
		"http://u:secret@host",
	])
		expect(refused({ broker: text })).not.toContain("secret");
});
