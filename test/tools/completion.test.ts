// Completion, typed into a real bash. Needs the package bash-completion, and tools/build.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "xs-mqtt-completion-"));
	writeFileSync(join(folder, "boards.json"), '{"kitchen":{"mac":"24:0a:c4:00:01:10"}}');
	writeFileSync(join(folder, "kettle.bin"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What bash offers behind these words, the last of which is not complete. */
function offers(...words: string[]): string[] {
	const script = `
		xs-mqtt() { "${process.execPath}" "${resolve("tools/build/xs-mqtt.js")}" "$@"; }
		source /usr/share/bash-completion/bash_completion
		source <(xs-mqtt completion bash)
		compopt() { :; } # it is for a line that is being typed
		COMP_WORDS=(xs-mqtt "$@")
		COMP_CWORD=$#
		COMP_LINE="\${COMP_WORDS[*]}"
		COMP_POINT=\${#COMP_LINE}
		COMP_TYPE=9
		__xs_mqtt_complete
		printf '%s\\n' "\${COMPREPLY[@]}"`;
	return execFileSync("bash", ["-c", script, "bash", ...words], { cwd: folder, encoding: "utf8" })
		.split("\n")
		.filter((line) => line !== "");
}

test.each<[string[], string[]]>([
	[["fl"], ["flash"]],
	[["flash", "--dr"], ["--dry-run"]],
	[["flash", "--port", "k"], ["kitchen"]],
	[["completion", "z"], ["zsh"]],
	[["flash", "kett"], []],
])("%j", (words, offered) => {
	expect(offers(...words)).toEqual(offered);
});

test("each command is offered", () => {
	expect(offers("").length).toBeGreaterThan(12);
});

test("where nothing of ours fits bash offers files", () => {
	const said = execFileSync(
		process.execPath,
		[resolve("tools/build/xs-mqtt.js"), "complete", "--", "flash", "kett"],
		{ encoding: "utf8", cwd: folder },
	);
	expect(said).toBe(":0\n");
	const script = execFileSync(process.execPath, ["tools/build/xs-mqtt.js", "completion", "bash"], {
		encoding: "utf8",
	});
	expect(script.trimEnd().split("\n").at(-1)).toBe("complete -o default -F __xs_mqtt_complete xs-mqtt");
});
