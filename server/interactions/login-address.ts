/** Words of a login's address that more than one room writes or reads. */

/** Query of a browser that the engine sent away from a login it no longer resumes: it is not sent there again. */
export const endedMark = 'ended';
