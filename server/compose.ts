/** THE composition root: the only file that builds things. What it makes is handed on, never looked up. */
