import { encodePng } from "@drum/diffusion";
import { DeviceError } from "@drum/tensor";
import { makeCredentials } from "@drum/test-certificates";
import { expect, test, vi } from "vitest";
import { openC2paMark, verifyPicture } from "./index.ts";

test("a native library that is not there is told, with what to do; pictures without a manifest need none", async () => {
	// C2PA's own way to name another library, which is looked at when the first is loaded.
	vi.stubEnv("C2PA_LIBRARY_PATH", "/nowhere/index.node");
	const { certificate, key } = await makeCredentials();
	const opening = openC2paMark({ certificate: Buffer.from(certificate), key: Buffer.from(key) });
	await expect(opening).rejects.toThrow(DeviceError);
	await expect(opening).rejects.toThrow(/@contentauth\/c2pa-node: expected its native library for .*npm rebuild/);
	const png = await encodePng({ width: 1, height: 1, data: new Uint8Array(3) });
	expect(await verifyPicture(png)).toMatchObject({ sourceType: "trainedAlgorithmicMedia" });
});
