/** Passwords as the published APIs write them. */
import { z } from 'zod';
import { longestPasswordBytes } from './hasher.ts';
import { passwordStates } from './password.ts';
import { verificationResults } from './password-verify.service.ts';

const password = z.string().min(1).max(longestPasswordBytes);
const name = z.string().max(320).optional();

/** `id` is the older name of `userID`, and wins where both are there, as published. */
export const verifyPasswordBody = z
  .object({ identifier: name, userID: name, id: name, password })
  .refine(({ identifier, userID, id }) => Number(!!identifier) + Number(!!(id || userID)) === 1, {
    message: 'must hold either an identifier or a userID',
  });
export const changePasswordBody = z.object({ old_password: password, new_password: password });
export const passwordStateBody = z.object({ state: z.enum(passwordStates) });

const verified = { id: z.string(), state: z.enum(passwordStates) };
export const verifiedAnswer = z.object(verified);
export const verifiedAnswerV2 = z.object({ ...verified, result: z.enum(verificationResults) });
