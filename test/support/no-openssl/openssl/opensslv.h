#error "OpenSSL is hidden: tests look at a computer without it"
