// Hands requests on with a token, because the suite has no option for one: with_token.mjs ADDRESS TOKEN
import http from 'node:http';

const [address, token] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(address);

const proxy = http.createServer((request, response) => {
  const { url: path, method } = request;
  const headers = [...request.rawHeaders, 'Authorization', `Bearer ${token}`];
  const onward = http.request({ hostname, port, path, method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.rawHeaders);
    response.flushHeaders();
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});
proxy.listen(0, '127.0.0.1', () => {
  console.log(`serving http://127.0.0.1:${proxy.address().port}${pathname}`);
});
