import { ArgumentError } from "@drum/tensor";
import type { BucketPlace } from "../store/objects/bucket.ts";

const WHAT = "STORAGE_URL";
const EXPECTED = "https://key:secret@host/bucket, with a folder and ?region= where they are needed";

/**
 * Where pictures and profiles are kept, if not in the database. A key that the URL does not have is AWS_ACCESS_KEY_ID's.
 * @throws ArgumentError where the environment names no such place. What is wrong may hold a secret: it is not shown
 */
export function storageOf(env: NodeJS.ProcessEnv): BucketPlace | undefined {
	const { STORAGE_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = env;
	if (!STORAGE_URL) return undefined;
	if (!URL.canParse(STORAGE_URL)) throw new ArgumentError({ what: WHAT, expected: EXPECTED, found: "no URL" });
	const { protocol, username, password, host, pathname, searchParams, hash } = new URL(STORAGE_URL);
	const path = pathname.replace(/\/+$/, "");
	const odd = [...searchParams.keys()].filter((name) => name !== "region");
	if (!/^https?:$/.test(protocol) || path === "" || path.includes("//") || odd.length > 0 || hash !== "") {
		const found = odd.length > 0 ? `also ?${odd[0]}=` : path === "" ? "no bucket" : "another kind of URL";
		throw new ArgumentError({ what: WHAT, expected: EXPECTED, found });
	}
	const own = username !== "" && password !== "";
	const accessKeyId = own ? decodeURIComponent(username) : AWS_ACCESS_KEY_ID;
	const secretAccessKey = own ? decodeURIComponent(password) : AWS_SECRET_ACCESS_KEY;
	if (!accessKeyId || !secretAccessKey) {
		const next = "Put them before the host, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
		throw new ArgumentError({ what: WHAT, expected: "a key and its secret", found: "not both", next });
	}
	return {
		url: `${protocol}//${host}${path}`,
		region: searchParams.get("region") ?? (AWS_REGION || "us-east-1"),
		...{ accessKeyId, secretAccessKey, sessionToken: own ? undefined : AWS_SESSION_TOKEN || undefined },
	};
}
