// The body of a response as lines, read while it arrives.
#include "kube/http/lines.h"

#include <cstring>

#include <fmt/format.h>

namespace sluice::kube {

namespace {

class HttpLines final : public LineStream {
 public:
  HttpLines(std::unique_ptr<HttpConnection> connection, LineLimits limits, std::weak_ptr<ConnectionKeeper> keeper,
            std::string what)
      : connection_(std::move(connection)), limits_(limits), keeper_(std::move(keeper)), what_(std::move(what)) {}

  net::awaitable<Result<std::optional<std::string>>> next() override {
    for (;;) {
      if (!connection_) co_return std::optional<std::string>{};
      std::optional<std::string> line = take_line();
      if (line) co_return std::move(line);
      if (text().size() - begin_ > limits_.line) co_return fail({Fault::invalid, too_long()});
      drop_taken();
      const auto more = co_await connection_->reader.read_some_body(deadline_after(limits_.silence));
      if (!more) co_return fail(more.error());
      if (!*more) co_return last_line();
    }
  }

 private:
  std::string& text() { return connection_->reader.body(); }

  // A line that is over the limit is not taken: it may be cut off anywhere and is of no use.
  std::optional<std::string> take_line() {
    const std::size_t end = text().find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = text().size();
      return std::nullopt;
    }
    if (end - begin_ > limits_.line) return std::nullopt;
    std::size_t length = end - begin_;
    if (length > 0 && text()[end - 1] == '\r') --length;
    std::string line = text().substr(begin_, length);
    begin_ = searched_ = end + 1;
    return line;
  }

  // Moves what is left to the front once per read, not once per line.
  void drop_taken() {
    std::string& all = text();
    all.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    if (all.empty() && all.capacity() > keep_capacity) all.shrink_to_fit();
  }

  std::optional<std::string> last_line() {
    std::optional<std::string> line;
    if (begin_ < text().size()) line = text().substr(begin_);
    const std::shared_ptr<ConnectionKeeper> keeper = keeper_.lock();
    if (keeper) keeper->keep(std::move(connection_));
    connection_.reset();
    return line;
  }

  Error fail(Error error) {
    connection_.reset();
    if (error.fault == Fault::timeout)
      error.message = fmt::format("nothing came for {}", format_duration(limits_.silence));
    error.message = fmt::format("{}: {}", what_, error.message);
    return error;
  }

  std::string too_long() const { return fmt::format("a line is longer than {} bytes", limits_.line); }

  static constexpr std::size_t keep_capacity = 16 << 10;

  std::unique_ptr<HttpConnection> connection_;  // nullptr after the end or an error
  LineLimits limits_;
  std::weak_ptr<ConnectionKeeper> keeper_;
  std::string what_;
  std::size_t begin_ = 0;     // of the line that is not complete
  std::size_t searched_ = 0;  // no line feed in [begin_, searched_)
};

}  // namespace

std::unique_ptr<LineStream> make_line_stream(std::unique_ptr<HttpConnection> connection, LineLimits limits,
                                             std::weak_ptr<ConnectionKeeper> keeper, std::string what) {
  return std::make_unique<HttpLines>(std::move(connection), limits, std::move(keeper), std::move(what));
}

}  // namespace sluice::kube
