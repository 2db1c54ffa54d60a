// Reads the text of a JSONPath template.
#include <charconv>

#include <fmt/format.h>

#include "analysis/json_path.h"
#include "analysis/json_path_tree.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::size_t longest = 1024;
constexpr std::size_t most_steps = 64;
constexpr std::size_t most_levels = 10;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool ends_name(char c) { return is_blank(c) || std::string_view("[.}])(,=!<>").find(c) != std::string_view::npos; }

// Thrown inside this file only; the message is for the author of the path.
struct Mistake {
  std::string what;
};

class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  JsonPathTree read() {
    JsonPathTree tree;
    bool ended = false;
    tree.pieces = read_pieces(0, ended);
    if (ended) fail("{end} without {range}");
    return tree;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Mistake{fmt::format("{} (column {})", what, std::min(at_, text_.size()) + 1)};
  }
  bool over() const { return at_ >= text_.size(); }
  char now() const { return over() ? '\0' : text_[at_]; }
  bool sees(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word) {
    if (!sees(word)) return false;
    at_ += word.size();
    return true;
  }
  void expect(std::string_view word) {
    if (!take(word)) fail(fmt::format("'{}' is missing", word));
  }
  void skip_blanks() {
    while (!over() && is_blank(now())) ++at_;
  }

  // Up to the end of the text, or of the {range} that they stand in.
  std::vector<JsonPathPiece> read_pieces(std::size_t level, bool& ended) {
    if (level > most_levels) fail("ranges stand too deep in each other");
    std::vector<JsonPathPiece> pieces;
    while (!over()) {
      if (now() != '{') {
        const std::size_t end = std::min(text_.find('{', at_), text_.size());
        pieces.push_back({std::string(text_.substr(at_, end - at_)), {}, false, {}});
        at_ = end;
        continue;
      }
      ++at_;
      skip_blanks();
      if (is_word("end")) {
        at_ += 3;
        close_braces();
        ended = true;
        return pieces;
      }
      JsonPathPiece piece;
      piece.is_range = is_word("range");
      if (piece.is_range) at_ += 5;
      skip_blanks();
      if (now() == '"' || now() == '\'')
        piece.text = read_quoted();
      else
        piece.path = read_steps(level);
      close_braces();
      if (piece.is_range) {
        bool closed = false;
        piece.body = read_pieces(level + 1, closed);
        if (!closed) fail("{end} is missing");
      }
      pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  bool is_word(std::string_view word) const {
    return sees(word) &&
           (at_ + word.size() >= text_.size() || is_blank(text_[at_ + word.size()]) || text_[at_ + word.size()] == '}');
  }
  void close_braces() {
    skip_blanks();
    expect("}");
  }

  JsonPathSteps read_steps(std::size_t level) {
    if (level > most_levels) fail("brackets stand too deep in each other");
    JsonPathSteps steps;
    bool first = true;
    for (;; first = false) {
      if (first) skip_blanks();
      if (++steps_ > most_steps + 64) fail(fmt::format("too many steps (limit {})", most_steps));
      if (steps.size() > most_steps) fail(fmt::format("too many steps (limit {})", most_steps));
      if (now() == '$' || now() == '@') {
        ++at_;
      } else if (take("..")) {
        steps.push_back({JsonPathDescent{}});
        if (now() != '[' && now() != '.' && !over() && !ends_name(now())) read_name(steps);
      } else if (now() == '.') {
        ++at_;
        if (now() == '[') continue;
        if (over() || now() == '}' || is_blank(now())) {
          if (!first) fail("a name is missing");
          return steps;  // "{.}" is the whole
        }
        read_name(steps);
      } else if (now() == '[') {
        ++at_;
        steps.push_back(read_bracket(level));
      } else if (first && !over() && !ends_name(now())) {
        read_name(steps);  // "{items}" is "{.items}"
      } else {
        return steps;
      }
    }
  }

  void read_name(JsonPathSteps& steps) {
    if (take("*")) {
      steps.push_back({JsonPathWildcard{}});
      return;
    }
    std::string name;
    while (!over() && !ends_name(now())) {
      if (now() == '\\' && at_ + 1 < text_.size()) ++at_;
      name += text_[at_++];
    }
    if (name.empty()) fail("a name is missing");
    steps.push_back({JsonPathMember{std::move(name)}});
  }

  std::string read_quoted() {
    const char quote = text_[at_++];
    std::string text;
    while (!over() && now() != quote) {
      if (now() != '\\' || at_ + 1 >= text_.size()) {
        text += text_[at_++];
        continue;
      }
      const char escaped = text_[at_ + 1];
      at_ += 2;
      text += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
    }
    if (over()) fail("the closing quote is missing");
    ++at_;
    return text;
  }

  // What stands between [ and ].
  JsonPathStep read_bracket(std::size_t level) {
    skip_blanks();
    if (take("?(")) return read_filter(level);
    JsonPathUnion all;
    do {
      skip_blanks();
      JsonPathSteps branch;
      if (take("*"))
        branch.push_back({JsonPathWildcard{}});
      else if (now() == '\'' || now() == '"')
        branch.push_back({JsonPathMember{read_quoted()}});
      else
        branch.push_back({read_slice()});
      all.branches.push_back(std::move(branch));
      skip_blanks();
    } while (take(","));
    expect("]");
    if (all.branches.size() == 1) return std::move(all.branches.front().front());
    return {std::move(all)};
  }

  std::optional<std::int64_t> read_integer() {
    skip_blanks();
    std::int64_t number = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error == std::errc::result_out_of_range) fail("the number is too large");
    if (error != std::errc()) return std::nullopt;
    at_ += static_cast<std::size_t>(end - begin);
    skip_blanks();
    return number;
  }

  JsonPathSlice read_slice() {
    JsonPathSlice slice;
    slice.begin = read_integer();
    if (!take(":")) {
      if (!slice.begin) fail("an index, a name in quotes, * or ?() is expected in []");
      slice.is_index = true;
      return slice;
    }
    slice.end = read_integer();
    if (take(":")) slice.step = read_integer().value_or(1);
    if (slice.step <= 0) fail("step must be > 0");
    return slice;
  }

  JsonPathStep read_filter(std::size_t level) {
    auto filter = std::make_shared<JsonPathFilter>();
    filter->left = read_operand(level);
    skip_blanks();
    constexpr std::pair<std::string_view, JsonPathComparison> comparisons[] = {
        {"==", JsonPathComparison::equal},         {"!=", JsonPathComparison::not_equal},
        {"<=", JsonPathComparison::less_or_equal}, {">=", JsonPathComparison::greater_or_equal},
        {"=~", JsonPathComparison::matches},       {"<", JsonPathComparison::less},
        {">", JsonPathComparison::greater}};
    for (const auto& [word, comparison] : comparisons) {
      if (!take(word)) continue;
      filter->comparison = comparison;
      filter->right = read_operand(level);
      break;
    }
    skip_blanks();
    expect(")");
    skip_blanks();
    expect("]");
    if (filter->comparison == JsonPathComparison::matches) compile(*filter);
    return {std::shared_ptr<const JsonPathFilter>(std::move(filter))};
  }

  void compile(JsonPathFilter& filter) const {
    const auto* pattern = std::get_if<std::string>(&filter.right.literal);
    if (!pattern) fail("=~ needs a pattern in quotes");
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    auto compiled = std::make_shared<const re2::RE2>(*pattern, options);
    if (!compiled->ok()) fail("invalid pattern: " + compiled->error());
    filter.pattern = std::move(compiled);
  }

  JsonPathOperand read_operand(std::size_t level) {
    skip_blanks();
    JsonPathOperand operand;
    if (now() == '\'' || now() == '"') {
      operand.literal = read_quoted();
    } else if (now() == '/') {
      const std::size_t end = text_.find('/', at_ + 1);
      if (end == std::string_view::npos) fail("the closing / is missing");
      operand.literal = std::string(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    } else if (now() == '@' || now() == '.' || now() == '$') {
      operand.path = read_steps(level + 1);
    } else if (take("true")) {
      operand.literal = true;
    } else if (take("false")) {
      operand.literal = false;
    } else {
      double number = 0;
      const char* begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
      if (error != std::errc()) fail("a path, a number or a text in quotes is expected");
      at_ += static_cast<std::size_t>(end - begin);
      operand.literal = number;
    }
    return operand;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace

Result<JsonPath> read_json_path(std::string_view text) {
  if (text.size() > longest)
    return Error{Fault::invalid, fmt::format("jsonPath: too long (limit {} bytes, got {})", longest, text.size())};
  try {
    return JsonPath(std::make_shared<const JsonPathTree>(PathReader(text).read()));
  } catch (const Mistake& mistake) {
    return Error{Fault::invalid, "jsonPath: " + mistake.what};
  }
}

}  // namespace sluice::analysis
