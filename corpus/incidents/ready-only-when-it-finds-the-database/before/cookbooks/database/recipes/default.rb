package 'postgresql'
