import { createPrivateKey, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodePicture, GeneratedImage, PICTURE_FORMATS, readPictureMarks } from "@drum/diffusion";
import { ArgumentError, FileError } from "@drum/tensor";
import { type Credentials, type KeyKind, makeCredentials } from "@drum/test-certificates";
import { folderOf } from "@drum/test-files";
import { beforeAll, describe, expect, test } from "vitest";
import { openC2paMark, readManifest, verifyPicture } from "./index.ts";

// Oracle: C2PA's own reader, which checks signatures, hashes and certificates.

const folder = await folderOf();
const pixels = { width: 20, height: 14, data: new Uint8Array(840).map((_, i) => (i * 11) % 256) };
const image = new GeneratedImage(pixels, {
	prompt: "a star",
	seed: 5,
	references: [{ prompt: "private", intensity: 1 }],
});
let acme: Credentials;
beforeAll(async () => {
	acme = await makeCredentials();
});
const bytes = (text: string) => Buffer.from(text);
const own = (more = {}) => openC2paMark({ certificate: bytes(acme.certificate), key: bytes(acme.key), ...more });

describe.each(PICTURE_FORMATS)("a signed %s", (format) => {
	test("says who drew it, and keeps what it said before", async () => {
		const file = new Uint8Array(await (await image.toBlob({ format, mark: await own() })).arrayBuffer());
		const c2pa = { state: "valid", signer: "Acme", agent: "DrUM 0.0.0", sourceType: "trainedAlgorithmicMedia" };
		const problems = ["signingCredential.untrusted"];
		expect(await verifyPicture(file)).toEqual({
			...{ format, width: 20, height: 14, sourceType: "trainedAlgorithmicMedia", manifest: true },
			...{ parameters: { prompt: "a star", seed: 5 }, c2pa: { ...c2pa, problems } },
		});
		expect(await readManifest(file, { trust: bytes(acme.authority) })).toEqual({
			...c2pa,
			state: "trusted",
			problems: [],
		});
		const other = await makeCredentials();
		expect((await readManifest(file, { trust: bytes(other.authority) }))?.state).toBe("valid");
	});

	test("is invalid once it was changed", async () => {
		const file = await encodePicture(image, image.parameters, { format, mark: await own() });
		const at = Buffer.from(file).indexOf("trainedAlgorithmicMedia</");
		expect(at).toBeGreaterThan(0);
		file.set(bytes("compositeWithTrainedAlg"), at);
		// A PNG's checksum would tell already: what is changed there is its pixels' own.
		const changed = format === "png" ? await repaired(file) : file;
		const { state, problems = [] } = (await readManifest(changed)) ?? {};
		expect([state, problems.filter((code) => /mismatch/.test(code)).length > 0]).toEqual(["invalid", true]);
	});
});

/** With the checksums that its chunks have now. */
async function repaired(png: Uint8Array): Promise<Uint8Array> {
	const { crc32 } = await import("node:zlib");
	const file = Buffer.from(png);
	for (let at = 8; at < file.length; ) {
		const end = at + 8 + file.readUInt32BE(at);
		file.writeUInt32BE(crc32(file.subarray(at + 4, end)), end);
		at = end + 4;
	}
	return file;
}

describe("openC2paMark", () => {
	test.each<KeyKind>(["P-384", "RSA", "Ed25519"])("signs with a key of %s, from files", async (kind) => {
		const { certificate, key, authority } = await makeCredentials({ kind, organisation: "Files" });
		const place = (name: string) => join(folder, `${kind}-${name}.pem`);
		for (const [name, text] of Object.entries({ certificate, key, authority })) await writeFile(place(name), text);
		const mark = await openC2paMark({ certificate: place("certificate"), key: place("key") });
		const path = join(folder, `${kind}.jpg`);
		await image.save(path, { mark });
		const { c2pa } = await verifyPicture(path, { trust: place("authority") });
		expect(c2pa).toMatchObject({ state: "trusted", signer: "Files" });
	});

	test("signs by a function, which may keep the key elsewhere", async () => {
		const key = createPrivateKey(acme.key);
		const asked: string[] = [];
		const mark = await openC2paMark({
			certificate: bytes(acme.certificate),
			sign: async (data, { algorithm }) => {
				asked.push(algorithm);
				return sign("sha256", data, { key, dsaEncoding: "ieee-p1363" });
			},
		});
		const file = await image.toWebp({ mark, sourceType: "compositeWithTrainedAlgorithmicMedia" });
		const trust = bytes(acme.authority);
		expect(await readManifest(file, { trust })).toMatchObject({
			...{ state: "trusted", sourceType: "compositeWithTrainedAlgorithmicMedia" },
		});
		expect(asked).toEqual(["es256"]);
	});

	test("claims the parameters that the file tells, and another agent, where that is asked for", async () => {
		const file = await image.toPng({ mark: await own({ parameters: true, agent: { name: "Studio" } }) });
		expect(await readManifest(file)).toMatchObject({ agent: "Studio", parameters: { prompt: "a star", seed: 5 } });
		expect(Buffer.from(file).includes("private")).toBe(false);
		const bare = await image.toPng({ mark: await own({ parameters: true }), parameters: "none" });
		expect(await readManifest(bare)).not.toHaveProperty("parameters");
	});

	test("ends a call with what signing throws, and with the signal's reason", async () => {
		const lost = new Error("the key is lost");
		const failing = await openC2paMark({ certificate: bytes(acme.certificate), sign: () => Promise.reject(lost) });
		await expect(image.toPng({ mark: failing })).rejects.toBe(lost);
		const stop = new AbortController();
		const slow = await openC2paMark({
			certificate: bytes(acme.certificate),
			sign: (_, { signal }) => {
				stop.abort(lost);
				signal?.throwIfAborted();
				return new Uint8Array(64);
			},
		});
		await expect(image.toJpeg({ mark: slow, signal: stop.signal })).rejects.toBe(lost);
		const wrong = await openC2paMark({ certificate: bytes(acme.certificate), sign: () => new Uint8Array(64) });
		await expect(image.toPng({ mark: wrong })).rejects.toThrow(/what sign gives: .* es256 .*, found 64 other bytes/);
		await expect(image.toPng({ mark: await own(), sourceType: "none" })).rejects.toThrow(/sourceType: expected one/);
	});

	test("refuses what it cannot sign with, before any picture", async () => {
		const [other, old] = await Promise.all([makeCredentials(), makeCredentials({ days: -1 })]);
		const certificate = bytes(acme.certificate);
		const refusals: [object, RegExp][] = [
			[{ certificate }, /key: expected a key, or a function sign/],
			[{ certificate, key: bytes(acme.key), sign: () => new Uint8Array() }, /found both/],
			[{ certificate, key: bytes(other.key) }, /key: expected the key of the certificate, found another's/],
			[{ certificate, key: bytes("none") }, /key: expected a private key in PEM/],
			[{ certificate: bytes("none"), key: bytes(acme.key) }, /certificate: expected certificates in PEM/],
			[{ certificate: bytes(old.certificate), key: bytes(old.key) }, /expected one that is good today, found one/],
			[{ certificate: bytes(acme.certificate.replace("MII", "MIX")), key: bytes(acme.key) }, /a damaged one/],
			[{ certificate, key: bytes(acme.key), agent: { name: "" } }, /agent: expected/],
			[{ certificate, key: bytes(acme.key), algorithm: "es256" }, /option algorithm/],
		];
		for (const [options, message] of refusals) {
			const opening = openC2paMark(options as never);
			await expect(opening, String(message)).rejects.toThrow(message);
			await expect(opening).rejects.toThrow(ArgumentError);
		}
		await expect(openC2paMark({ certificate: join(folder, "nowhere.pem"), key: "key.pem" })).rejects.toThrow(FileError);
	});
});

describe("verifyPicture", () => {
	test("finds no manifest in a picture without, and refuses trust that is none", async () => {
		const png = await image.toPng();
		expect(await verifyPicture(png)).toEqual(await readPictureMarks(png));
		await expect(verifyPicture(png, { trust: bytes("none") })).rejects.toThrow(/trust: expected certificates in PEM/);
		await expect(verifyPicture(png.subarray(0, 100))).rejects.toThrow(FileError);
		await expect(verifyPicture(join(folder, "nowhere.png"))).rejects.toThrow(FileError);
	});

	test("calls a manifest whose inside was changed invalid, or refuses it", async () => {
		const file = await image.toWebp({ mark: await own() });
		const start = Buffer.from(file).indexOf("C2PA");
		for (let at = start + 12; at < file.length; at += 97) {
			const changed = file.slice();
			changed[at]! ^= 0x55;
			const state = await readManifest(changed).then(
				(found) => found?.state,
				(error: unknown) => error,
			);
			if (state !== "invalid" && !(state instanceof FileError)) expect([at, state]).toEqual([at, "valid"]);
		}
	});
});
