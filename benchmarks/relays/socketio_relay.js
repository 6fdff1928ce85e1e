// SPDX-License-Identifier: Apache-2.0
// The relay's work on socket.io, with its own rooms and acknowledgements; the events are listed in
// benchmarks/drivers/socketio_client.cpp. Usage: socketio_relay.js PORT
'use strict';
const http = require('http');
const { Server } = require('socket.io');

const server = http.createServer();
const io = new Server(server, { serveClient: false, transports: ['websocket'] });

io.on('connection', (socket) => {
  socket.on('l', (name, done) => {
    socket.join('p:' + name);
    done();
  });
  socket.on('j', (done) => {
    socket.join('g');
    done();
  });
  socket.on('d', (to, body, done) => {
    io.to('p:' + to).emit('m', body);
    done();
  });
  socket.on('g', (body, done) => {
    socket.to('g').emit('m', body);
    done();
  });
});

server.listen(Number(process.argv[2]), '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
