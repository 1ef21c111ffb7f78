// The SDK's own TLS socket, as its MQTT client uses it: whoever can make it ready gets CONNECT with the password. It visits
// one port after the other, traces what it made of each, and "done".

import Resource from "Resource";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import config from "mc/config";
import Timer from "timer";

const CONNECT = new Uint8Array(ArrayBuffer.fromString(`\x10\x10${config.password}`));
const PATIENCE = 1500;

let next = 0;
const ports = config.ports.split(",");

/** What it throws in callbacks ends an app. */
class Careful extends TCP {
	constructor(options) {
		const careful = { ...options };
		for (const name of ["onReadable", "onWritable", "onError"])
			careful[name] = (count) => {
				try {
					options[name](count);
				} catch (error) {
					options.over(error);
				}
			};
		super(careful);
	}
}

function visit() {
	if (next === ports.length) {
		trace("done\n");
		return;
	}
	const port = Number(ports[next++]);
	let isOver = false;
	let result = "silence";
	const over = (why) => {
		if (isOver) return;
		isOver = true;
		trace(`visit ${port} ${result} ${why}\n`);
		Timer.clear(timer);
		Timer.set(() => {
			try {
				socket.close();
			} catch {}
			visit();
		}, 20);
	};
	const timer = Timer.set(() => over("timeout"), PATIENCE);
	const socket = new TLSSocket({
		address: "127.0.0.1",
		host: "localhost",
		port,
		over,
		TCP: { io: Careful },
		secure: { certificate: new Uint8Array(new Resource("ca.der")), cache: false },
		onReadable() {
			over("read");
		},
		onWritable() {
			if (isOver) return;
			result = "wrote";
			socket.write(CONNECT);
			Timer.set(() => over("ready"), 100);
		},
		onError() {
			over("error");
		},
	});
}

visit();
