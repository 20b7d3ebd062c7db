import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { expandPath, hubHome } from "./node.ts";

describe("a path from a configuration", () => {
	const env = { DATA: "/data", disk_2: "two", EMPTY: "" };

	it.each([
		["~", homedir()],
		["~/models", `${homedir()}/models`],
		["$DATA/hub", "/data/hub"],
		["/mnt/$" + "{disk_2}/hub", "/mnt/two/hub"],
		["~/$disk_2$EMPTY/x", `${homedir()}/two/x`],
	])("%j is %j", (path, expanded) => {
		expect(expandPath(path, env)).toBe(expanded);
	});

	it.each(["/plain", "a~/b", "~other/x", "x/~", "$NOWHERE/x", "$" + "{NO WHERE}", "100$", ""])(
		"%j stays as it is",
		(path) => {
			expect(expandPath(path, env)).toBe(path);
		},
	);

	it("of the hub's home: HF_HOME, else XDG_CACHE_HOME, else the user's folder", () => {
		expect(hubHome({ HF_HOME: "~/hf", XDG_CACHE_HOME: "/xdg" })).toBe(join(homedir(), "hf"));
		expect(hubHome({ HF_HOME: "", XDG_CACHE_HOME: "$HERE/cache", HERE: "/here" })).toBe("/here/cache/huggingface");
		expect(hubHome({})).toBe(join(homedir(), ".cache/huggingface"));
	});
});
