// SPDX-License-Identifier: Apache-2.0
// The relay protocol of benchmarks/drivers/relay_client.cpp on node's `ws`. Usage: ws_relay.js PORT
'use strict';
const { WebSocketServer } = require('ws');

const names = new Map();
const group = new Set();

function received(socket, frame) {
  const rest = frame.slice(1);
  switch (frame[0]) {
    case 'L':
      names.set(rest, socket);
      socket.name = rest;
      return socket.send('l');
    case 'J':
      group.add(socket);
      return socket.send('j');
    case 'D': {
      const space = rest.indexOf(' ');
      const to = names.get(rest.slice(0, space));
      if (to) to.send('m' + rest.slice(space + 1));
      return socket.send('a');
    }
    case 'G': {
      const shared = 'm' + rest;
      for (const member of group) if (member !== socket) member.send(shared);
      return socket.send('a');
    }
  }
}

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), perMessageDeflate: false });
server.on('listening', () => console.log(`listening on 127.0.0.1:${server.address().port}`));
server.on('connection', (socket) => {
  socket.on('message', (data) => received(socket, data.toString()));
  socket.on('error', () => {});
  socket.on('close', () => {
    group.delete(socket);
    if (names.get(socket.name) === socket) names.delete(socket.name);
  });
});
