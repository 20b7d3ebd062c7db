import { ArgumentError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { findFile } from "./find-file.browser.ts";
import { openRepository } from "./open.browser.ts";

describe("an address in a browser", () => {
	test.each(["https://example.org/models/sd", "https://example.org/models/sd/", "http://localhost:8080/"])(
		"%s is a folder's",
		async (address) => {
			expect(await findFile(address)).toBeUndefined();
			expect((await openRepository(address)).name).toBe(address.replace(/\/+$/, ""));
		},
	);

	test("that ends in .safetensors is the address of a file", async () => {
		const found = await findFile("https://example.org/models/sd.safetensors");
		expect(found).toMatchObject({ path: "sd.safetensors", isLocal: false });
		expect(found!.repository.name).toBe("https://example.org/models");
	});

	test.each(["https://example.org/models/sd.ckpt", "https://huggingface.co/owner/name/tree/main"])(
		"%s is refused",
		async (address) => {
			await expect(findFile(address)).rejects.toThrow(ArgumentError);
		},
	);
});
