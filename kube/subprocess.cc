// Runs another program with posix_spawn, waits for it through a pidfd, and drains its pipes meanwhile.
#include "kube/subprocess.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

extern char** environ;

namespace sluice::kube {

namespace {

using boost::system::error_code;
using net::posix::stream_descriptor;

// A file descriptor that is closed on exec.
class Handle {
 public:
  explicit Handle(int number = -1) : number_(number) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : number_(other.release()) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  void reset() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

struct Pipe {
  Handle reading;
  Handle writing;
};

// Standard input is a socket and not a pipe, because writing to a pipe that nobody reads raises SIGPIPE here.
std::optional<Pipe> make_input(bool is_empty) {
  if (is_empty) {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0) return std::nullopt;
    return Pipe{Handle(nothing), Handle()};
  }
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return std::nullopt;
  return Pipe{Handle(ends[0]), Handle(ends[1])};
}

std::optional<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Handle(ends[0]), Handle(ends[1])};
}

// A process that leads its group. Unless it was reaped, the group is killed and the process reaped on destruction.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ > 0) reap();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int open_pidfd() const { return static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)); }
  bool is_reaped() const { return pid_ < 0; }
  void signal(int number) const {
    if (pid_ > 0) ::killpg(pid_, number);
  }
  // Kills what is left of the group while its number cannot belong to anybody else, then collects the exit status.
  siginfo_t reap() {
    signal(SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
    }
    pid_ = -1;
    return info;
  }

 private:
  pid_t pid_;
};

// One program that runs, with our ends of its pipes.
struct Running {
  Running(const net::any_io_executor& executor, pid_t pid, Duration patience_allowed)
      : patience(patience_allowed),
        child(pid),
        ended(executor),
        input(executor),
        output(executor),
        errors(executor),
        timer(executor) {}

  // Ends what still reads or writes.
  void close_pipes() {
    error_code ignored;
    input.close(ignored);
    output.close(ignored);
    errors.close(ignored);
  }

  Duration patience;
  Child child;
  stream_descriptor ended;  // the pidfd
  net::local::stream_protocol::socket input;
  stream_descriptor output;
  stream_descriptor errors;
  net::steady_timer timer;
  bool timed_out = false;
  CommandOutcome outcome;
};

struct SpawnOptions {
  SpawnOptions() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

bool is_folder(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

Error spawn_error(const std::string& program, int code) {
  if (code == ENOENT) return {Fault::not_found, fmt::format("{}: there is no such program", program)};
  if (code == EACCES) return {Fault::invalid, fmt::format("{}: is not an executable file", program)};
  return {Fault::invalid, fmt::format("{}: cannot be run: {}", program, std::strerror(code))};
}

Result<pid_t> spawn(Command& command, int input, int output, int errors) {
  const std::string program = command.arguments.front();
  SpawnOptions options;
  if (!command.folder.empty()) {
    if (!is_folder(command.folder))
      return Error{Fault::not_found, fmt::format("{}: there is no folder {} to run in", program, command.folder)};
    posix_spawn_file_actions_addchdir_np(&options.actions, command.folder.c_str());
  }
  posix_spawn_file_actions_adddup2(&options.actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&options.actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&options.actions, errors, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&options.actions, STDERR_FILENO + 1);

  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> arguments = pointers_to(command.arguments);
  const std::vector<char*> variables = pointers_to(environment);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, program.c_str(), &options.actions, &options.attributes, arguments.data(), variables.data());
  if (failed != 0) return spawn_error(program, failed);
  return pid;
}

Result<std::shared_ptr<Running>> start(Command& command, const net::any_io_executor& executor) {
  if (command.arguments.empty()) return Error{Fault::invalid, "a command needs the name of a program"};
  auto input = make_input(command.input.empty());
  auto output = make_pipe();
  auto errors = make_pipe();
  if (!input || !output || !errors)
    return Error{Fault::unavailable,
                 fmt::format("{}: cannot make a pipe: {}", command.arguments[0], std::strerror(errno))};
  const auto pid = spawn(command, input->reading.get(), output->writing.get(), errors->writing.get());
  if (!pid) return pid.error();
  auto running = std::make_shared<Running>(executor, *pid, command.patience);
  const int pidfd = running->child.open_pidfd();
  if (pidfd < 0)
    return Error{Fault::internal,
                 fmt::format("{}: cannot be waited for: {}", command.arguments[0], std::strerror(errno))};
  running->ended.assign(pidfd);
  if (input->writing.get() >= 0) running->input.assign(net::local::stream_protocol(), input->writing.release());
  running->output.assign(output->reading.release());
  running->errors.assign(errors->reading.release());
  return running;
}

// Reads to the end and keeps the first `limit` bytes, so that a talkative program never blocks.
net::awaitable<void> drain(stream_descriptor& from, std::string& kept, bool& cut, std::size_t limit) {
  std::string buffer(16 << 10, '\0');
  error_code error;
  while (!error) {
    const std::size_t got =
        co_await from.async_read_some(net::buffer(buffer), net::redirect_error(net::use_awaitable, error));
    const std::size_t room = limit - kept.size();
    kept.append(buffer, 0, std::min(got, room));
    cut = cut || got > room;
  }
}

// A program need not read its input, so a failed write is not an error.
net::awaitable<void> feed(net::local::stream_protocol::socket& to, std::string text) {
  error_code error;
  if (!text.empty()) co_await net::async_write(to, net::buffer(text), net::redirect_error(net::use_awaitable, error));
  to.close(error);
}

net::awaitable<void> wait_for_end(std::shared_ptr<Running> running) {
  error_code error;
  co_await running->ended.async_wait(stream_descriptor::wait_read, net::redirect_error(net::use_awaitable, error));
  if (error) co_return;
  const siginfo_t info = running->child.reap();
  running->outcome.signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
  running->outcome.exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  running->timer.expires_after(running->patience);
  running->timer.async_wait([running](const error_code& cancelled) {
    if (!cancelled) running->close_pipes();
  });
}

// Ends the program when its time is over. wait_for_end() sets the timer anew, which ends the waiting here.
net::awaitable<void> enforce(std::shared_ptr<Running> running, Duration deadline) {
  error_code cancelled;
  running->timer.expires_after(deadline);
  co_await running->timer.async_wait(net::redirect_error(net::use_awaitable, cancelled));
  if (cancelled || running->child.is_reaped()) co_return;
  running->timed_out = true;
  running->child.signal(SIGTERM);
  running->timer.expires_after(running->patience);
  co_await running->timer.async_wait(net::redirect_error(net::use_awaitable, cancelled));
  if (!cancelled) running->child.signal(SIGKILL);
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \r\n\t");
  if (end == std::string::npos) return "";
  const std::size_t before = text.rfind('\n', end);
  return text.substr(before == std::string::npos ? 0 : before + 1,
                     end - (before == std::string::npos ? 0 : before + 1) + 1);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> current_environment() {
  std::vector<std::pair<std::string, std::string>> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    const std::size_t sign = text.find('=');
    if (sign != std::string::npos) all.emplace_back(text.substr(0, sign), text.substr(sign + 1));
  }
  return all;
}

net::awaitable<Result<CommandOutcome>> run_command(Command command) {
  using namespace net::experimental::awaitable_operators;
  const net::any_io_executor executor = co_await net::this_coro::executor;
  auto started = start(command, executor);
  if (!started) co_return started.error();
  const std::shared_ptr<Running> running = std::move(*started);
  CommandOutcome& outcome = running->outcome;
  co_await (wait_for_end(running) && enforce(running, command.deadline) &&
            drain(running->output, outcome.output, outcome.output_cut, command.output_limit) &&
            drain(running->errors, outcome.errors, outcome.errors_cut, command.output_limit) &&
            feed(running->input, std::move(command.input)));
  running->timer.cancel();
  if (!running->child.is_reaped())
    co_return Error{Fault::cancelled, fmt::format("{}: was given up", command.arguments[0])};
  if (!running->timed_out) co_return std::move(outcome);
  const std::string said = last_line(outcome.errors);
  co_return Error{Fault::timeout,
                  fmt::format("{}: did not end within {}{}{}", command.arguments[0], format_duration(command.deadline),
                              said.empty() ? "" : "; it said: ", said)};
}

}  // namespace sluice::kube
