// Base64 as Kubernetes writes it.
#include "kube/base64.h"

#include <algorithm>
#include <cstdint>

namespace sluice::kube {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t bits = 0;
    for (std::size_t next = at; next < at + 3; ++next)
      bits = bits << 8 | (next < bytes.size() ? static_cast<unsigned char>(bytes[next]) : 0u);
    const std::size_t used = std::min<std::size_t>(bytes.size() - at, 3) + 1;
    for (std::size_t digit = 0; digit < 4; ++digit)
      text += digit < used ? alphabet[bits >> (18 - 6 * digit) & 63] : '=';
  }
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int digits = 0;
  int padding = 0;
  bool finished = false;  // padding ends the text
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const std::size_t value = alphabet.find(c);
    if (finished) return std::nullopt;
    if (c == '=')
      ++padding;
    else if (value == std::string_view::npos || padding > 0)
      return std::nullopt;
    bits = bits << 6 | (c == '=' ? 0u : static_cast<std::uint32_t>(value));
    if (++digits < 4) continue;
    for (int byte = 0; byte < 3 - padding; ++byte) bytes += static_cast<char>(bits >> (16 - 8 * byte) & 255);
    if (padding > 2) return std::nullopt;
    finished = padding > 0;
    bits = 0;
    digits = 0;
  }
  if (digits != 0) return std::nullopt;
  return bytes;
}

}  // namespace sluice::kube
