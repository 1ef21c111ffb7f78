// Commands whose reader goes away, each in a process of its own: needs build/, which "npm test" makes first.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { jest } from "@jest/globals";
import { Pty } from "../support/pty.js";

jest.setTimeout(60_000); // for busy computers

function start(args: string[]): ChildProcessWithoutNullStreams {
	return spawn(process.execPath, ["tools/build/xs-mqtt.js", ...args]);
}

/** Its exit status, and what it complained of. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<{ status: unknown; stderr: string }> {
	let stderr = "";
	child.stderr.on("data", (text) => {
		stderr += text;
	});
	const [status] = await once(child, "close");
	return { status, stderr };
}

test.each([[["ports"]], [["ports", "--json"]], [["--help"]], [["flash", "--help"]], [["--version"]]])(
	"%j into a closed pipe ends quietly",
	async (args) => {
		const child = start(args);
		child.stdout.destroy();
		expect(await ended(child)).toEqual({ status: 0, stderr: "" });
	},
);

test("sim ends quietly when its reader goes away", async () => {
	const child = start(["sim", "--interval", "10"]);
	child.stdout.once("data", () => child.stdout.destroy());
	const { status, stderr } = await ended(child);
	expect(status).toBe(0);
	expect(stderr).not.toMatch(/Error|EPIPE/);
});

test("monitor ends quietly when its reader goes away", async () => {
	const pty = await Pty.open();
	const child = start(["monitor", "--port", pty.path, "--no-reset"]);
	child.stdout.once("data", () => {
		child.stdout.destroy();
		pty.write(Buffer.from("a line\r\n"));
	});
	expect(await ended(child)).toEqual({ status: 0, stderr: "" });
	await pty.close();
});

test("an error that nobody reads is still in the exit status", async () => {
	const child = start(["decode", "/no/such/file"]);
	child.stderr.destroy();
	child.stdout.destroy();
	const [status] = await once(child, "exit");
	expect(status).toBe(1);
});
