import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { TYPESCRIPT } from "@drum/test-process";
import { expect, test } from "vitest";
import { Session, setRuntimeApart } from "./index.ts";
import { sumGraph } from "./testing/sum.ts";

const SCRIPT = fileURLToPath(new URL("./testing/apart.ts", import.meta.url));

test("ONNX Runtime set apart is ended in the middle of a run; models are loaded again when they are next used", async () => {
	const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT, SCRIPT, "ends a run"], {
		timeout: 60_000,
	});
	expect(stdout.trim().split("\n")).toEqual([
		"before: 11 22, 11 22",
		"run: long failed: found its process was ended",
		"after: 11 22, 11 22",
		"lost: true,true,true",
		expect.stringMatching(/^held: .*was lost when its runtime ended. Load it again/),
	]);
});

test.runIf(process.platform === "linux")(
	"its process does not outlive the one that it works for, whatever it does",
	async () => {
		const killed = promisify(execFile)(process.execPath, [...TYPESCRIPT, SCRIPT, "is killed"]).catch((error) => error);
		const { signal, stdout } = await killed;
		expect(signal).toBe("SIGKILL");
		const pid = Number(/^runs in: (\d+)$/m.exec(stdout)![1]);
		await expect.poll(() => isThere(pid), { timeout: 20_000 }).toBe(false);
	},
);

function isThere(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}

test("it is set apart before the first model is loaded, or not at all", async () => {
	await using _ = await Session.create(sumGraph());
	expect(() => setRuntimeApart()).toThrow(/before the first model is loaded/);
});
