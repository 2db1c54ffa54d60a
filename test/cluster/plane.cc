// The program test/cluster/plane as a child: its folder, its port, its commands.
#include "test/cluster/plane.h"

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <set>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "test/cluster/child.h"
#include "test/cluster/expect.h"

namespace sluice::cluster_test {
namespace {

namespace fs = std::filesystem;
using namespace net::experimental::awaitable_operators;

constexpr auto command_limit = std::chrono::seconds(60);
constexpr int start_limit_ms = 120'000;

// Free when it was looked for; a second program that takes it in the same moment makes the start fail, not the tests
// lie.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(socket, general, size) == 0 && ::getsockname(socket, general, &size) == 0;
  ::close(socket);
  expect(bound, "no free port");
  return ntohs(address.sin_port);
}

std::string new_folder() {
  std::string name = (fs::temp_directory_path() / "sluice-plane-XXXXXX").string();
  expect(::mkdtemp(name.data()) != nullptr, "no temporary folder");
  // The socket of etcd lies in it, and a socket's path is short.
  expect(name.size() <= 90, name + " is too long a path for a socket; set TMPDIR to a shorter one");
  return name;
}

std::vector<std::string> crd_files() {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(source_path("crds")))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  files.push_back(source_path("test/cluster/gateway_crds.yaml"));
  files.push_back(source_path("test/cluster/router_crds.yaml"));
  return files;
}

// The first line, without its end; whatever came when the time is over or the other side has closed.
std::string first_line(int pipe) {
  std::string line;
  for (char c = 0;;) {
    pollfd readable{pipe, POLLIN, 0};
    if (::poll(&readable, 1, start_limit_ms) <= 0 || ::read(pipe, &c, 1) <= 0 || c == '\n') return line;
    line += c;
  }
}

}  // namespace

std::string source_path(const std::string& name) { return std::string(SLUICE_SOURCE_DIR) + "/" + name; }
std::string program_path(const std::string& name) { return std::string(SLUICE_BINARY_DIR) + "/" + name; }

std::string result_path(const std::string& name) {
  static std::set<std::string> known;
  const std::string path = program_path("results/" + name);
  if (known.insert(path).second) {
    fs::create_directories(fs::path(path).parent_path());
    fs::remove(path);
  }
  return path;
}

struct Plane::Parts {
  Parts(net::io_context& io, kube::Clock& time)
      : clock(time), folder(new_folder()), port(free_port()), input(io), output(io) {}
  kube::Clock& clock;
  std::string folder;
  int port;
  std::unique_ptr<Child> program;
  net::posix::stream_descriptor input;
  net::posix::stream_descriptor output;
  std::string answers;                                      // read and not yet taken
  std::vector<std::pair<kube::Time, kube::Time>> restarts;  // of the API server, until it was ready
};

Plane::Plane(net::io_context& io, kube::Clock& clock) : parts_(std::make_unique<Parts>(io, clock)) {
  // A plane that has died is reported by the command that finds it so, not by a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> arguments{source_path("test/cluster/plane"), program_path("cluster-servers"), parts_->folder,
                                     std::to_string(parts_->port)};
  for (std::string& file : crd_files()) arguments.push_back(std::move(file));
  Child::Pipes pipes;
  parts_->program = std::make_unique<Child>(arguments, result_path("cluster_plane.log"), pipes);
  parts_->input.assign(pipes.input);
  parts_->output.assign(pipes.output);
  const std::string said = first_line(pipes.output);
  expect(said == "ready", "the control plane did not start: \"" + said + "\"; see " + parts_->program->log());
}

Plane::~Plane() {
  boost::system::error_code ignored;
  parts_->input.close(ignored);  // it stops its servers then
  std::string rest;
  if (parts_->output.is_open()) first_line(parts_->output.native_handle());
  parts_->program->kill();
  std::error_code unimportant;
  const fs::path folder = parts_->folder;
  const auto keep = fs::copy_options::overwrite_existing;
  fs::copy_file(folder / "audit.jsonl", result_path("cluster_audit.jsonl"), keep, unimportant);
  for (const char* server : {"kube-apiserver", "kube-controller-manager", "kwok"})
    fs::copy_file(folder / "log" / (std::string(server) + ".log"),
                  result_path("cluster_" + std::string(server) + ".log"), keep, unimportant);
  fs::remove_all(folder, unimportant);
}

net::awaitable<void> Plane::command(std::string line) {
  const std::string text = line + "\n";
  const kube::Time began = parts_->clock.now();
  co_await net::async_write(parts_->input, net::buffer(text), net::use_awaitable);
  net::steady_timer limit(co_await net::this_coro::executor, command_limit);
  auto buffer = net::dynamic_buffer(parts_->answers);
  const auto outcome = co_await (net::async_read_until(parts_->output, buffer, '\n', net::use_awaitable) ||
                                 limit.async_wait(net::use_awaitable));
  expect(outcome.index() == 0, line + ": the control plane did not answer within a minute");
  const std::size_t end = std::get<0>(outcome);
  const std::string answer = parts_->answers.substr(0, end - 1);
  parts_->answers.erase(0, end);
  expect(answer == "done", line + ": " + answer);
  if (line == "start kube-apiserver") parts_->restarts.emplace_back(began, parts_->clock.now());
}

bool Plane::was_settled_at(kube::Time time) const {
  for (const auto& [began, ended] : parts_->restarts)
    if (time >= began && time <= ended) return false;
  return true;
}

std::size_t Plane::restarts() const { return parts_->restarts.size(); }

std::string Plane::path(const std::string& name) const { return parts_->folder + "/" + name; }
std::string Plane::server() const { return "https://127.0.0.1:" + std::to_string(parts_->port); }

}  // namespace sluice::cluster_test
