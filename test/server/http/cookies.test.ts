/** Reading the Cookie header. */
import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { readCookie } from '../../../server/http/cookies.ts';

function requestWith(cookie?: string): IncomingMessage {
  const req = new IncomingMessage(new Socket());
  if (cookie !== undefined) req.headers.cookie = cookie;
  return req;
}

describe('readCookie', () => {
  it('finds a cookie by its whole name, decoded', () => {
    const req = requestWith('xa=1; a=one%20two; b=x=y');
    assert.equal(readCookie(req, 'a'), 'one two');
    assert.equal(readCookie(req, 'b'), 'x=y');
    assert.equal(readCookie(req, 'c'), undefined);
  });

  it('takes the first of several (RFC 6265 §5.4: the longest path comes first)', () => {
    assert.equal(readCookie(requestWith('a=1; a=2'), 'a'), '1');
  });

  it('is undefined without cookies and for what cannot be decoded', () => {
    assert.equal(readCookie(requestWith(), 'a'), undefined);
    assert.equal(readCookie(requestWith('a=%E0%A4%A'), 'a'), undefined);
  });
});
