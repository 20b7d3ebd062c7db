import { env, InferenceSession, Tensor } from "onnxruntime-web/jspi";
import { serve } from "./serve-page.ts";

serve({ env, InferenceSession, Tensor });
