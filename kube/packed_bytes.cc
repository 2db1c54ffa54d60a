// How packed numbers and texts look. The two lowest bits of a text's first number tell its kind.
#include "kube/packed_bytes.h"

#include <array>
#include <cassert>
#include <charconv>
#include <deque>
#include <optional>
#include <unordered_map>

namespace sluice::kube {
namespace {

enum class Kind : unsigned { plain, uid, word, decimal };  // the rest of the number: length, -, index, value

constexpr std::size_t longest_word = 32;
// Label keys are chosen by users: when there are too many, further ones are written out.
constexpr std::size_t most_words = 4096;
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t uid_length = 36;

// One per thread, never emptied.
struct Words {
  std::deque<std::string> texts;
  std::unordered_map<std::string_view, std::size_t> indices;  // views of texts

  std::optional<std::size_t> find(std::string_view text) const {
    if (text.size() > longest_word) return std::nullopt;
    const auto at = indices.find(text);
    return at == indices.end() ? std::nullopt : std::optional(at->second);
  }
  void add(std::string_view text) {
    if (text.size() > longest_word || texts.size() == most_words) return;
    if (indices.try_emplace(texts.emplace_back(text), texts.size() - 1).second) return;
    texts.pop_back();
  }
};

Words& words() {
  thread_local Words all;
  return all;
}

bool is_dash_of_uid(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

// The 16 bytes of a uid as Kubernetes writes it: lower case with dashes.
std::optional<std::array<char, 16>> uid_in(std::string_view text) {
  if (text.size() != uid_length) return std::nullopt;
  std::array<char, 16> bytes{};
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_dash_of_uid(at)) {
      if (text[at] != '-') return std::nullopt;
      continue;
    }
    const std::size_t digit = digits.find(text[at]);
    if (digit == std::string_view::npos) return std::nullopt;
    bytes[count / 2] = static_cast<char>(count % 2 == 0 ? digit << 4 : (bytes[count / 2] | digit));
    ++count;
  }
  return bytes;
}

std::string uid_text(std::string_view bytes) {
  std::string text;
  text.reserve(uid_length);
  for (const char byte : bytes) {
    if (is_dash_of_uid(text.size())) text += '-';
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

// A number whose decimal text is exactly this one.
std::optional<std::uint64_t> decimal_in(std::string_view text) {
  if (text.empty() || text.size() > 18 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::uint64_t head(Kind kind, std::uint64_t rest) { return rest << 2 | static_cast<unsigned>(kind); }

}  // namespace

void PackedWriter::number(std::uint64_t number) {
  while (number >= 128) {
    bytes_ += static_cast<char>(number | 128);
    number >>= 7;
  }
  bytes_ += static_cast<char>(number);
}

void PackedWriter::signed_number(std::int64_t signed_value) {
  const auto bits = static_cast<std::uint64_t>(signed_value);
  number(bits << 1 ^ (signed_value < 0 ? ~std::uint64_t{0} : 0));
}

void PackedWriter::text(std::string_view text) {
  if (const auto value = decimal_in(text)) return number(head(Kind::decimal, *value));
  if (const auto index = words().find(text)) return number(head(Kind::word, *index));
  if (const auto uid = uid_in(text)) {
    number(head(Kind::uid, 0));
    bytes_.append(uid->data(), uid->size());
    return;
  }
  number(head(Kind::plain, text.size()));
  bytes_ += text;
}

void PackedWriter::word(std::string_view text) {
  words().add(text);
  this->text(text);
}

std::uint64_t PackedReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    assert(!left_.empty());
    const auto byte = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 127) << shift;
    if (byte < 128) return value;
  }
}

std::int64_t PackedReader::signed_number() {
  const std::uint64_t bits = number();
  return static_cast<std::int64_t>(bits >> 1 ^ (bits & 1 ? ~std::uint64_t{0} : 0));
}

std::string PackedReader::text() {
  const std::uint64_t first = number();
  const std::uint64_t rest = first >> 2;
  switch (static_cast<Kind>(first & 3)) {
    case Kind::decimal:
      return std::to_string(rest);
    case Kind::word:
      return words().texts[rest];
    case Kind::uid:
    case Kind::plain:
      break;
  }
  const bool is_uid = static_cast<Kind>(first & 3) == Kind::uid;
  const std::string_view bytes = left_.substr(0, is_uid ? 16 : rest);
  left_.remove_prefix(bytes.size());
  return is_uid ? uid_text(bytes) : std::string(bytes);
}

}  // namespace sluice::kube
