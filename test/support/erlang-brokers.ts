// Brokers of the system's packages that are no part of what the tests need: ejabberd, which speaks MQTT 5.0, and RabbitMQ
// 3.10, which speaks 3.1.1 only. Each runs on 127.0.0.1, with a folder of its own, and ends after the test or the file.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endLater, freePort } from "./brokers.js";

const LIBRARIES = "/usr/lib/x86_64-linux-gnu";
const RABBIT = "/usr/lib/rabbitmq/lib";

const isThere = (folder: string, name: RegExp) =>
	existsSync(folder) && readdirSync(folder).some((entry) => name.test(entry));

/** Whether they are installed. */
export const hasEjabberd = isThere(LIBRARIES, /^ejabberd-/);
export const hasRabbit = isThere(RABBIT, /^rabbitmq_server-/);

/** Runs until it says `ready`; ends it, and what it has started, later. */
async function run(
	folder: string,
	command: string,
	args: string[],
	env: object,
	ready: RegExp,
): Promise<void> {
	// A group of its own: it starts other processes.
	const child = spawn(command, args, {
		env: { ...process.env, HOME: folder, ...env },
		stdio: ["ignore", "pipe", "pipe"],
		detached: true,
	});
	let log = "";
	let failure: Error | undefined;
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", (text: string) => {
			log = (log + text).slice(-20_000);
		});
	const gone = new Promise<void>((exit) => {
		child.once("error", (error) => {
			failure = error;
			exit();
		});
		child.once("exit", () => {
			failure ??= new Error(`${command} ended:\n${log}`);
			exit();
		});
	});
	endLater(async () => {
		const { pid } = child;
		if (pid !== undefined && failure === undefined) process.kill(-pid, "SIGKILL");
		await gone;
	});
	while (!ready.test(log)) {
		if (failure !== undefined) throw failure;
		await new Promise((wake) => setTimeout(wake, 20));
	}
}

/** A folder that goes when what runs in it has ended. */
function folderFor(name: string): string {
	const folder = mkdtempSync(join(tmpdir(), `xs-mqtt-${name}-`));
	endLater(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** Its port. User names are like "name@localhost", with any password. */
export async function startEjabberd(): Promise<number> {
	const port = await freePort();
	const folder = folderFor("ejabberd");
	mkdirSync(join(folder, "spool"));
	writeFileSync(
		join(folder, "ejabberd.yml"),
		[
			"hosts: [localhost]",
			"loglevel: info",
			"listen:",
			`  - {port: ${port}, ip: "127.0.0.1", module: mod_mqtt}`,
			"auth_method: anonymous",
			"anonymous_protocol: login_anon",
			"allow_multiple_connections: true",
			"modules:",
			"  mod_mqtt: {}",
			"",
		].join("\n"),
	);
	const args = ["-noinput", "-mnesia", "dir", `"${join(folder, "spool")}"`, "-s", "ejabberd"];
	const env = {
		EJABBERD_CONFIG_PATH: join(folder, "ejabberd.yml"),
		EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
		ERL_LIBS: LIBRARIES,
	};
	await run(folder, "erl", args, env, new RegExp(`Start accepting TCP connections at 127.0.0.1:${port}`));
	return port;
}

/** Its port. Everybody may come. Takes some ten seconds. */
export async function startRabbit(): Promise<number> {
	const port = await freePort();
	const [distribution, mapper] = [await freePort(), await freePort()];
	const folder = folderFor("rabbitmq");
	const [server] = readdirSync(RABBIT).filter((name) => name.startsWith("rabbitmq_server-"));
	writeFileSync(
		join(folder, "rabbitmq.conf"),
		[
			"listeners.tcp = none",
			`mqtt.listeners.tcp.1 = 127.0.0.1:${port}`,
			"mqtt.allow_anonymous = true",
			"log.console = true",
			"",
		].join("\n"),
	);
	writeFileSync(join(folder, "enabled_plugins"), "[rabbitmq_mqtt].\n");
	const env = {
		RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
		RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
		RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
		RABBITMQ_LOG_BASE: join(folder, "log"),
		RABBITMQ_LOGS: "-",
		RABBITMQ_PID_FILE: join(folder, "pid"),
		RABBITMQ_NODENAME: `xs-mqtt-${port}@localhost`,
		RABBITMQ_DIST_PORT: `${distribution}`,
		RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
		ERL_EPMD_ADDRESS: "127.0.0.1",
		ERL_EPMD_PORT: `${mapper}`,
	};
	// Erlang's port mapper would stay for ever: this one is ours.
	await run(folder, "epmd", ["-address", "127.0.0.1", "-port", `${mapper}`], env, /^/);
	await run(folder, join(RABBIT, server, "sbin/rabbitmq-server"), [], env, /Server startup complete/);
	return port;
}
